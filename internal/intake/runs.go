package intake

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"io"
	"slices"

	"fob/internal/spool"
)

// mark is eight bytes that stand for a serial or a seed, and the number of its
// record in the file, from 0.
type mark struct {
	key int64
	n   uint32
}

func compareMarks(a, b mark) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.n, b.n)) }

const (
	// runLength is how many marks are sorted at once, 4 MB of them.
	runLength = 1 << 18
	// runsInMemory is how many sorted runs stay in memory; more go to a spool, which
	// is encrypted under a key in memory only.
	runsInMemory = 4

	markSize = 12 // bytes in the spool
)

// runs sorts the marks of a file, however many there are, in memory that does
// not grow: 16 bytes a record up to a million records.
type runs struct {
	random  io.Reader // of the spool's key; nil: nothing is spooled
	open    []mark
	sorted  [][]mark
	spooled *spool.File
	ends    []int64 // of the runs in the spool, in bytes
}

func (r *runs) add(key int64, n uint32) error {
	if r.open == nil && len(r.sorted) > 0 {
		r.open = make([]mark, 0, runLength) // there will be many, as it seems
	}
	if r.open = append(r.open, mark{key, n}); len(r.open) < runLength {
		return nil
	}
	return r.endRun()
}

// endRun sorts what was added last and puts it away.
func (r *runs) endRun() (err error) {
	slices.SortFunc(r.open, compareMarks)
	if len(r.sorted) < runsInMemory || r.random == nil {
		r.sorted, r.open = append(r.sorted, r.open), nil
		return nil
	}
	if r.spooled == nil {
		if r.spooled, err = spool.New("", r.random); err != nil {
			return err
		}
	}
	b := make([]byte, 0, len(r.open)*markSize)
	for _, m := range r.open {
		b = binary.BigEndian.AppendUint64(b, uint64(m.key))
		b = binary.BigEndian.AppendUint32(b, m.n)
	}
	end := int64(len(b))
	if len(r.ends) > 0 {
		end += r.ends[len(r.ends)-1]
	}
	r.open, r.ends = r.open[:0], append(r.ends, end)
	_, err = r.spooled.Write(b)
	return err
}

// end is called behind the last add.
func (r *runs) end() error {
	if len(r.open) > 0 {
		if err := r.endRun(); err != nil {
			return err
		}
	}
	r.open = nil
	if r.spooled == nil {
		return nil
	}
	return r.spooled.Finish()
}

// way is one sorted run on its way into the merge.
type way struct {
	run  []mark        // in memory,
	in   *bufio.Reader // or out of the spool
	head mark
}

// advance returns io.EOF when the run is at its end.
func (w *way) advance() error {
	if w.in == nil {
		if len(w.run) == 0 {
			return io.EOF
		}
		w.head, w.run = w.run[0], w.run[1:]
		return nil
	}
	var b [markSize]byte
	_, err := io.ReadFull(w.in, b[:])
	w.head = mark{int64(binary.BigEndian.Uint64(b[:])), binary.BigEndian.Uint32(b[8:])}
	return err
}

// each calls do for all marks, by their keys and then in the order of the file.
func (r *runs) each(do func(mark) error) error {
	var all, ways []*way
	for _, run := range r.sorted {
		all = append(all, &way{run: run})
	}
	begin := int64(0)
	for _, end := range r.ends {
		all = append(all, &way{in: bufio.NewReaderSize(io.NewSectionReader(r.spooled, begin, end-begin), 64<<10)})
		begin = end
	}
	for _, w := range all {
		if err := w.advance(); err == nil {
			ways = append(ways, w)
		} else if err != io.EOF {
			return err
		}
	}
	for len(ways) > 0 { // a few dozen at most, so that looking at all of them is as good as a heap
		least := 0
		for i := 1; i < len(ways); i++ {
			if compareMarks(ways[i].head, ways[least].head) < 0 {
				least = i
			}
		}
		if err := do(ways[least].head); err != nil {
			return err
		}
		if err := ways[least].advance(); err == io.EOF {
			ways = slices.Delete(ways, least, least+1)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// inSlices calls do for those marks that are wanted, in order, SliceSize at a time.
func (r *runs) inSlices(wanted func(mark) bool, do func([]mark) error) error {
	var slice []mark
	err := r.each(func(m mark) error {
		if !wanted(m) {
			return nil
		}
		if slice = append(slice, m); len(slice) < SliceSize {
			return nil
		}
		full := slice
		slice = slice[:0]
		return do(full)
	})
	if err != nil || len(slice) == 0 {
		return err
	}
	return do(slice)
}

// close forgets all marks.
func (r *runs) close() {
	if r.spooled != nil {
		_ = r.spooled.Close() // it has no name any more, and its key is forgotten
	}
	*r = runs{}
}

// bitset is a set of records, by their numbers in the file.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (s bitset) add(n uint32)      { s[n/64] |= 1 << (n % 64) }
func (s bitset) has(n uint32) bool { return s[n/64]&(1<<(n%64)) != 0 }
