package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"slices"

	"fob/internal/seedfile"
)

// mark is eight bytes that stand for a serial or a seed, and the number of its
// record in the file, from 0.
type mark struct {
	key int64
	n   uint32
}

func compareMarks(a, b mark) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(a.n, b.n)
}

const (
	// runLength is how many marks are sorted at once, 4 MB of them.
	runLength = 1 << 18
	// runsInMemory is how many sorted runs stay in memory; more are merged into
	// one and go to the spool, which is encrypted under a key in memory only.
	runsInMemory = 4

	markSize = 12 // bytes in the spool
)

// marks sorts the marks of a file, however many there are, in memory that does
// not grow: 16 bytes a record up to a million records.
type marks struct {
	random  io.Reader // of the spool's key; nil: nothing is spooled
	open    []mark
	sorted  [][]mark
	spooled []*seedfile.Spooled
}

func (m *marks) add(key int64, n uint32) error {
	if m.open == nil && len(m.sorted)+len(m.spooled) > 0 {
		m.open = make([]mark, 0, runLength) // there will be many, as it seems
	}
	m.open = append(m.open, mark{key, n})
	if len(m.open) < runLength {
		return nil
	}
	m.end()
	if len(m.sorted) < runsInMemory || m.random == nil {
		return nil
	}
	return m.spool()
}

// end sorts what was added last; nothing is added behind the last end.
func (m *marks) end() {
	if len(m.open) > 0 {
		slices.SortFunc(m.open, compareMarks)
		m.sorted, m.open = append(m.sorted, m.open), nil
	}
}

// spool moves the runs in memory out.
func (m *marks) spool() error {
	var ways []*way
	for _, run := range m.sorted {
		ways = append(ways, &way{run: run})
	}
	out, err := seedfile.Spool(&markReader{merge: newMerge(ways)}, "the checks inside the file", "", m.random)
	if err != nil {
		return err
	}
	m.sorted, m.spooled = nil, append(m.spooled, out)
	return nil
}

// each calls do for all marks, by their keys and then in the order of the file.
func (m *marks) each(do func(mark) error) error {
	var ways []*way
	for _, run := range m.sorted {
		ways = append(ways, &way{run: run})
	}
	for _, s := range m.spooled {
		in, err := s.Open()
		if err != nil {
			return err
		}
		defer in.Close()
		ways = append(ways, &way{in: bufio.NewReaderSize(in, 64<<10)})
	}
	all := newMerge(ways)
	for {
		next, err := all.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(next); err != nil {
			return err
		}
	}
}

// first gives the n smallest marks, or as many as there are.
func (m *marks) first(n int) (least []mark, err error) {
	enough := errors.New("enough")
	err = m.each(func(next mark) error {
		if len(least) == n {
			return enough
		}
		least = append(least, next)
		return nil
	})
	if errors.Is(err, enough) {
		err = nil
	}
	return least, err
}

// close forgets all marks.
func (m *marks) close() {
	for _, s := range m.spooled {
		_ = s.Close() // it has no name any more, and its key is forgotten
	}
	m.open, m.sorted, m.spooled = nil, nil, nil
}

// way is one sorted run, in memory or out of the spool.
type way struct {
	run  []mark
	in   *bufio.Reader
	head mark
}

// advance gives io.EOF when the run is at its end.
func (w *way) advance() error {
	if w.in == nil {
		if len(w.run) == 0 {
			return io.EOF
		}
		w.head, w.run = w.run[0], w.run[1:]
		return nil
	}
	var b [markSize]byte
	if _, err := io.ReadFull(w.in, b[:]); err != nil {
		return err
	}
	w.head = mark{int64(binary.BigEndian.Uint64(b[:])), binary.BigEndian.Uint32(b[8:])}
	return nil
}

// merge makes one sorted run of several: a heap with the smallest on top.
type merge struct {
	ways []*way
	err  error
}

func newMerge(ways []*way) *merge {
	m := &merge{}
	for _, w := range ways {
		switch err := w.advance(); err {
		case nil:
			m.ways = append(m.ways, w)
		case io.EOF:
		default:
			m.err = err
		}
	}
	slices.SortFunc(m.ways, func(a, b *way) int { return compareMarks(a.head, b.head) })
	return m
}

func (m *merge) next() (mark, error) {
	if m.err != nil || len(m.ways) == 0 {
		return mark{}, cmp.Or(m.err, io.EOF)
	}
	top := m.ways[0]
	next := top.head
	switch err := top.advance(); err {
	case nil:
	case io.EOF:
		m.ways[0] = m.ways[len(m.ways)-1]
		m.ways = m.ways[:len(m.ways)-1]
	default:
		m.err = err
	}
	m.sink()
	return next, nil
}

// sink brings the first way to its place.
func (m *merge) sink() {
	for i := 0; ; {
		least := 2*i + 1
		if least >= len(m.ways) {
			return
		}
		if other := least + 1; other < len(m.ways) && compareMarks(m.ways[other].head, m.ways[least].head) < 0 {
			least = other
		}
		if compareMarks(m.ways[i].head, m.ways[least].head) <= 0 {
			return
		}
		m.ways[i], m.ways[least] = m.ways[least], m.ways[i]
		i = least
	}
}

// markReader writes merged marks as bytes.
type markReader struct {
	merge *merge
	buf   bytes.Buffer
}

func (r *markReader) Read(p []byte) (int, error) {
	for r.buf.Len() < len(p) {
		next, err := r.merge.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		var b [markSize]byte
		binary.BigEndian.PutUint64(b[:], uint64(next.key))
		binary.BigEndian.PutUint32(b[8:], next.n)
		r.buf.Write(b[:])
	}
	return r.buf.Read(p)
}

// numbers is a set of records, by their numbers in the file.
type numbers struct {
	bits   []uint64
	before []uint32 // members before each word; made by rank
}

func newNumbers(n int) numbers { return numbers{bits: make([]uint64, (n+63)/64)} }

func (s numbers) add(n uint32)      { s.bits[n/64] |= 1 << (n % 64) }
func (s numbers) has(n uint32) bool { return s.bits[n/64]&(1<<(n%64)) != 0 }

// count makes rank possible, once all members are in.
func (s *numbers) count() {
	s.before = make([]uint32, len(s.bits))
	for i := 1; i < len(s.bits); i++ {
		s.before[i] = s.before[i-1] + uint32(bits.OnesCount64(s.bits[i-1]))
	}
}

// rank is how many members are smaller than n.
func (s numbers) rank(n uint32) int64 {
	below := s.bits[n/64] & (1<<(n%64) - 1)
	return int64(s.before[n/64]) + int64(bits.OnesCount64(below))
}
