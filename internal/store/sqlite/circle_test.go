package sqlite

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// circle makes of a table whose key is its rowid one of pages that lead to the same
// page again and again: of few pages come more rows than anyone can read.
func circle(t *testing.T, path, table string) {
	const size = 4096
	var root int
	db := direct(t, path)
	must(t, db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = $1 AND type = 'table'`, table).Scan(&root))
	must(t, db.Close())
	file, err := os.ReadFile(path)
	must(t, err)
	if got := int(binary.BigEndian.Uint16(file[16:])); got != size {
		t.Fatalf("pages of %d bytes", got)
	}
	leaf := slices.Clone(file[(root-1)*size : root*size])
	number := func() uint32 { return uint32(len(file) / size) }
	file = append(file, leaf...)
	for range 8 {
		below := number()
		page := make([]byte, size)
		const cells = 300
		page[0] = 5 // inside of a table
		binary.BigEndian.PutUint16(page[3:], cells)
		binary.BigEndian.PutUint16(page[5:], size-5*cells)
		binary.BigEndian.PutUint32(page[8:], below)
		for i := range cells {
			at := size - 5*(i+1)
			binary.BigEndian.PutUint16(page[12+2*i:], uint16(at))
			binary.BigEndian.PutUint32(page[at:], below)
			page[at+4] = 1 // the key
		}
		file = append(file, page...)
	}
	copy(file[(root-1)*size:], file[len(file)-size:])
	binary.BigEndian.PutUint32(file[28:], number())
	must(t, os.WriteFile(path, file, 0o600))
}

// A table whose pages lead in circles is a finding, for verification and the check of
// the storage.
func TestCircle(t *testing.T) {
	whole := searchTime
	searchTime = 300 * time.Millisecond
	defer func() { searchTime = whole }()
	for _, table := range []string{"loss", "account"} {
		path := newPath(t)
		s := openStore(t, path)
		addBatch(t, s, newBatch("a"), "S1", "S2")
		bindTo(t, s, "S1", "Anna")
		must(t, s.Close())
		tamper(t, path, `INSERT INTO loss VALUES (1, 1, 0, 0, 0)`, `PRAGMA journal_mode = DELETE`)
		circle(t, path, table)
		s = openStore(t, path)
		r, err := s.Verify(bg, nil)
		must(t, err)
		if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, "lead in circles") }) {
			t.Errorf("%s: verify says %q", table, r.Problems)
		}
		found, err := s.Damage(bg)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: the storage is sound: %v", table, err)
		}
	}
}
