package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"fob/internal/store"
)

// Residue reads the database and its log, every byte, and counts those of the sought
// seeds that are still in one of them.
func (e *engine) Residue(ctx context.Context, sought []store.Trace) (r store.Residue, err error) {
	s := newSearch(sought)
	for _, name := range []string{e.path, e.path + "-wal", e.path + "-journal"} {
		file, err := openKept(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return r, e.Explain(err, "reading the database back")
		}
		n, err := s.read(ctx, file)
		if err != nil {
			return r, e.Explain(err, "reading the database back")
		}
		r.Files, r.Bytes = append(r.Files, filepath.Base(name)), r.Bytes+n
	}
	r.Found = len(s.found)
	return r, nil
}

// kept are files that stay open until the process ends: the system takes all of this
// process's locks on a file away as soon as it closes one handle of it, and with them
// those of SQLite.
var kept struct {
	sync.Mutex
	files []*os.File
}

func openKept(name string) (*os.File, error) {
	kept.Lock()
	defer kept.Unlock()
	now, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	for _, f := range kept.files {
		if info, err := f.Stat(); err == nil && os.SameFile(info, now) {
			return f, nil
		}
	}
	f, err := os.Open(name)
	if err == nil {
		kept.files = append(kept.files, f)
	}
	return f, err
}

// search looks for a million traces at once. At nearly every byte one look into a bit
// field says that no trace begins there.
type search struct {
	sought map[store.Trace]bool
	found  map[store.Trace]bool
	bits   []uint64
	shift  uint
}

func newSearch(sought []store.Trace) *search {
	width := uint(16)
	for 1<<width < 32*len(sought) {
		width++
	}
	s := &search{make(map[store.Trace]bool, len(sought)), map[store.Trace]bool{}, make([]uint64, 1<<(width-6)), 64 - width}
	for _, t := range sought {
		s.sought[t] = true
		i := s.place(t[:])
		s.bits[i/64] |= 1 << (i % 64)
	}
	return s
}

// place is the bit of the eight bytes that something begins with.
func (s *search) place(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0x9E3779B97F4A7C15 >> s.shift
}

// read searches a whole file, and returns its length.
func (s *search) read(ctx context.Context, file io.ReaderAt) (n int64, err error) {
	const length = len(store.Trace{})
	b := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		got, err := file.ReadAt(b, n)
		for i := 0; i+length <= got; i++ {
			if p := s.place(b[i:]); s.bits[p/64]>>(p%64)&1 == 0 {
				continue
			}
			if t := store.Trace(b[i:]); s.sought[t] {
				s.found[t] = true
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return n + int64(got), nil
		case err != nil:
			return n, err
		}
		n += int64(got - length + 1) // what begins at the end of this part
	}
}
