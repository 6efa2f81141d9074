package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"testing"

	"fob/internal/store"
	"fob/internal/store/storetest"
	"fob/internal/trail"
)

// Destroyed seeds are in none of the files; those that are still there are found.
func TestErase(t *testing.T) {
	path := newPath(t)
	s := openStore(t, path)
	addBatch(t, s, newBatch("a"), numbered("T", 1, 300)...)
	var sought []store.Trace
	w, err := s.Begin(bg, false)
	must(t, err)
	_, err = w.Tx.Exec(`UPDATE token SET seed = randomblob(60)`)
	must(t, err)
	must(t, w.Tx.Commit())
	must(t, w.End())
	traces := func() {
		readers, end, err := s.Snapshots(bg, 1)
		must(t, err)
		defer end()
		rows, err := readers[0].Query(`SELECT seed FROM token`)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var sealed sql.RawBytes
			must(t, rows.Scan(&sealed))
			sought = append(sought, store.Trace(sealed[5:]))
		}
	}
	traces()
	found, err := s.Residue(bg, sought)
	if err != nil || found.Found != 300 {
		t.Fatalf("of 300 living seeds %d are found, %v", found.Found, err)
	}
	mustUpdate(t, s, func(q storetest.Tx) error {
		n, err := q.DestroySeeds(trail.IDRanges{{First: 1, Last: 150}, {First: 201, Last: 201}})
		if n != 151 {
			t.Errorf("%d seeds destroyed", n)
		}
		return err
	})
	e, err := s.Erase(bg)
	if err != nil || e.Found != 0 || e.Sought != 151 || !e.LogEmptied || !e.Complete() || e.Bytes == 0 {
		t.Errorf("erased: %+v, %v", e, err)
	}
	if found, err = s.Residue(bg, sought); err != nil || found.Found != 149 {
		t.Errorf("of 149 living seeds %d are found, %v", found.Found, err)
	}
	if e, err = s.Erase(bg); err != nil || e.Sought != 0 {
		t.Errorf("looked again for %d, %v", e.Sought, err)
	}
}

// A trace is found wherever it lies, also across the parts in which a file is read.
func TestSearch(t *testing.T) {
	trace := store.Trace([]byte("sixteen bytes of"))
	other := store.Trace([]byte("sixteen bytes or"))
	for _, at := range []int{0, 1<<20 - 16, 1<<20 - 8, 1<<20 - 1, 1 << 20, 3<<20 - 16} {
		file := make([]byte, 3<<20)
		copy(file[at:], trace[:])
		s := newSearch([]store.Trace{trace, other})
		n, err := s.read(context.Background(), bytes.NewReader(file))
		if err != nil || n != int64(len(file)) || len(s.found) != 1 || !s.found[trace] {
			t.Errorf("at %d: %d found in %d bytes, %v", at, len(s.found), n, err)
		}
	}
}
