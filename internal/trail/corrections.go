package trail

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"

	"fob/internal/token"
)

// correction is a span without the serials, which the import knows by the ids.
type correction struct {
	first, last int64
	Span
}

// corrections of a batch, the oldest first: each is in the order of ids, so that
// a token is found quickly.
type corrections [][]correction

func (all *corrections) add(s Span) {
	c := correction{s.FirstID, s.FirstID + int64(len(s.Serials)) - 1, s}
	c.Serials = nil
	if n := len(*all); n > 0 && (*all)[n-1][len((*all)[n-1])-1].last < c.first {
		(*all)[n-1] = append((*all)[n-1], c)
		return
	}
	*all = append(*all, []correction{c})
}

// undo restores the parameters with which a token was imported. One that does not
// have what it was corrected to is left as it is: then its batch does not hash to
// what the import committed to.
func (all corrections) undo(c *token.Facts) {
	for _, pass := range slices.Backward(all) {
		i, _ := slices.BinarySearchFunc(pass, c.ID, func(s correction, id int64) int { return cmp.Compare(s.last, id) })
		if i == len(pass) || pass[i].first > c.ID {
			continue
		}
		s := pass[i]
		if c.Params != s.New || s.NewCounter != nil && c.Counter != *s.NewCounter {
			continue
		}
		c.Params = s.Old
		if s.NewCounter != nil {
			c.Counter = s.OldCounters[c.ID-s.first]
		}
	}
}

// contents recomputes what an import committed to: its tokens in the order of ids,
// those that a later import exchanged in their old places.
type contents struct {
	hash        hash.Hash
	scratch     []byte
	removed     []token.Facts
	corrections corrections
	renamed     map[int64]token.Serial // serials of before of tokens whose devices were burnt anew
	n           int
}

func newContents(b *batch) *contents {
	removed := slices.SortedFunc(slices.Values(b.removed), func(a, b token.Facts) int { return cmp.Compare(a.ID, b.ID) })
	return &contents{hash: sha256.New(), removed: removed, corrections: b.corrections, renamed: b.renamed}
}

func (c *contents) add(row token.Facts) {
	for len(c.removed) > 0 && c.removed[0].ID < row.ID {
		c.write(c.removed[0])
		c.removed = c.removed[1:]
	}
	c.write(row)
}

// write takes a token as its import brought it: corrections since are undone.
func (c *contents) write(row token.Facts) {
	c.corrections.undo(&row)
	if before, is := c.renamed[row.ID]; is {
		row.Serial = before
	}
	c.scratch = AddTo(c.hash, &row, c.scratch)
	c.n++
}

func (c *contents) finish() (sum string, n int) {
	for _, row := range c.removed {
		c.write(row)
	}
	c.removed = nil
	return hex.EncodeToString(c.hash.Sum(nil)), c.n
}
