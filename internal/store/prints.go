package store

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/binary"
	"slices"

	"fob/internal/desk"
	"fob/internal/fault"
)

// Fingerprints are packed: a row of their table is a leaf of many pairs. They are
// random keys, so that a row for each costs an import a search and a cell of a
// B-tree for every token (measured: a fifth of the time into an empty store, more
// into a full one); a leaf costs as little as one row.

const (
	// pairSize is that of a fingerprint and a token's id in a leaf.
	pairSize = 16
	// leafPairs is how many pairs a leaf has at most: two such leaves fill a page of
	// 4,096 bytes. Fingerprints that are all the same are never parted.
	leafPairs = 126
	// leavesAhead is how many leaves are read at once where all are wanted.
	leavesAhead = 256
)

// pair says that a token's seed has a fingerprint.
type pair struct{ print, token int64 }

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.print, b.print), cmp.Compare(a.token, b.token))
}

// leaf is a row of the fingerprint table; the zero leaf stands for none.
type leaf struct {
	first int64 // the fingerprint of its first pair
	pairs []byte
}

func (l leaf) len() int { return len(l.pairs) / pairSize }

func (l leaf) at(i int) pair {
	b := l.pairs[i*pairSize:]
	return pair{int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))}
}

// find is where a fingerprint begins in the leaf, or would.
func (l leaf) find(print int64) int {
	low, high := 0, l.len()
	for low < high {
		middle := int(uint(low+high) / 2)
		if l.at(middle).print < print {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func appendPair(to []byte, p pair) []byte {
	to = binary.BigEndian.AppendUint64(to, uint64(p.print))
	return binary.BigEndian.AppendUint64(to, uint64(p.token))
}

// leavesFrom reads the leaf that a fingerprint is in, if it is anywhere, and those
// behind it.
const leavesFrom = `SELECT first, pairs FROM fingerprint
	WHERE first >= COALESCE((SELECT MAX(first) FROM fingerprint WHERE first <= ?), ?) ORDER BY first LIMIT ?`

func (q *queries) leaves(print int64, limit int) (all []leaf, err error) {
	err = q.each(leavesFrom, []any{print, print, limit}, func(rows *sql.Rows) error {
		var l leaf
		err := rows.Scan(&l.first, &l.pairs)
		all = append(all, l)
		return err
	})
	return all, err
}

// eachLeaf calls do for every leaf that some fingerprints belong into, with those
// of them that do; they come sorted. Where leaves that are wanted follow each other,
// ever more are read at once; do may write its own leaf, but no other.
func eachLeaf[T any](q *queries, sorted []T, print func(T) int64, do func(l leaf, its []T) error) error {
	for limit := 2; len(sorted) > 0; {
		all, err := q.leaves(print(sorted[0]), limit)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return do(leaf{}, sorted)
		}
		full := len(all)
		if full == limit {
			full-- // the last one only tells where the one before ends
		}
		used := 0
		for i := 0; i < full && len(sorted) > 0; i++ {
			its := len(sorted)
			if i+1 < len(all) {
				its, _ = slices.BinarySearchFunc(sorted, all[i+1].first, func(x T, next int64) int { return cmp.Compare(print(x), next) })
			}
			if its == 0 {
				continue
			}
			if err := do(all[i], sorted[:its]); err != nil {
				return err
			}
			sorted = sorted[its:]
			used++
		}
		if limit = used + 1; used == full {
			limit = min(2*used+1, leavesAhead)
		}
	}
	return nil
}

// leafWriter writes leaves, many at once.
type leafWriter struct {
	q   *queries
	put *bulk
}

func (q *queries) leafWriter() leafWriter {
	put := q.bulk(`INSERT INTO fingerprint (first, pairs)`, "?", "?")
	put.tail = ` ON CONFLICT (first) DO UPDATE SET pairs = excluded.pairs`
	return leafWriter{q, put}
}

// replace puts pairs in the place of those of a leaf, in as many leaves of the same
// length as they need.
func (w leafWriter) replace(old leaf, pairs []byte) error {
	now := leaf{pairs: pairs}
	if len(old.pairs) > 0 && (now.len() == 0 || now.at(0).print != old.first) {
		if err := w.q.exec(`DELETE FROM fingerprint WHERE first = ?`, old.first); err != nil {
			return err
		}
	}
	for leaves := (now.len() + leafPairs - 1) / leafPairs; now.len() > 0; leaves-- {
		end := now.len()
		if leaves > 1 {
			end /= leaves
		}
		for end < now.len() && now.at(end).print == now.at(end-1).print {
			end++
		}
		if err := w.put.add(now.at(0).print, now.pairs[:end*pairSize]); err != nil {
			return err
		}
		now.pairs = now.pairs[end*pairSize:]
	}
	return nil
}

func (w leafWriter) flush() error { return w.put.flush() }

func (w leafWriter) close() { w.put.close() }

// InsertPrints expects its prints sorted, so that each leaf is written once; and by
// a large import all of them in slices that follow each other.
func (q *queries) InsertPrints(prints []desk.Print) error {
	if !slices.IsSortedFunc(prints, func(a, b desk.Print) int { return cmp.Compare(a.Print, b.Print) }) {
		return fault.Errorf(fault.Internal, "fingerprints came out of order")
	}
	w := q.leafWriter()
	defer w.close()
	err := eachLeaf(q, prints, func(p desk.Print) int64 { return p.Print }, func(l leaf, its []desk.Print) error {
		pairs, err := l.with(its)
		if err != nil {
			return err
		}
		return w.replace(l, pairs)
	})
	if err != nil {
		return err
	}
	return w.flush()
}

// with gives the pairs of the leaf and those of some prints. One that is here
// already is an error, unless it is known to be that of another seed.
func (l leaf) with(prints []desk.Print) ([]byte, error) {
	out := make([]byte, 0, len(l.pairs)+len(prints)*pairSize)
	done := 0
	for _, p := range prints {
		at := l.find(p.Print)
		for at < l.len() && l.at(at).print == p.Print && l.at(at).token < p.TokenID {
			at++
		}
		out = append(out, l.pairs[done*pairSize:at*pairSize]...)
		done = at
		if p.Nth == 0 && (leaf{pairs: out}.ends(p.Print) || at < l.len() && l.at(at).print == p.Print) {
			return nil, fault.Errorf(fault.NotAllowed, "another import brought one of these seeds meanwhile; nothing of this file is stored").
				WithHint("import the file again: the record will be named")
		}
		out = appendPair(out, pair{p.Print, p.TokenID})
	}
	return append(out, l.pairs[done*pairSize:]...), nil
}

func (l leaf) ends(print int64) bool { return l.len() > 0 && l.at(l.len()-1).print == print }

// removePrints removes the pairs of some fingerprints, sorted, with the tokens of
// some ids.
func (q *queries) removePrints(sorted []int64, firstID, lastID int64) error {
	w := q.leafWriter()
	defer w.close()
	err := eachLeaf(q, sorted, func(print int64) int64 { return print }, func(l leaf, its []int64) error {
		return w.keep(l, func(p pair) bool {
			_, listed := slices.BinarySearch(its, p.print)
			return !listed || p.token < firstID || p.token > lastID
		})
	})
	if err != nil {
		return err
	}
	return w.flush()
}

// keep writes a leaf without the pairs that are not to be kept, if there are any.
func (w leafWriter) keep(l leaf, kept func(pair) bool) error {
	pairs := make([]byte, 0, len(l.pairs))
	for i := range l.len() {
		if p := l.at(i); kept(p) {
			pairs = appendPair(pairs, p)
		}
	}
	if bytes.Equal(pairs, l.pairs) {
		return nil
	}
	return w.replace(l, pairs)
}

// KnownPrints gives those of some fingerprints, sorted, that are in the store.
func (q *queries) KnownPrints(prints []int64) (known []desk.Print, err error) {
	err = eachLeaf(q, prints, func(print int64) int64 { return print }, func(l leaf, its []int64) error {
		at := 0
		for _, print := range its {
			rest := leaf{pairs: l.pairs[at*pairSize:]}
			at += rest.find(print)
			for i := at; i < l.len() && l.at(i).print == print; i++ {
				known = append(known, desk.Print{Print: print, Nth: i - at, TokenID: l.at(i).token})
			}
		}
		return nil
	})
	return known, err
}
