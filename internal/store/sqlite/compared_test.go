package sqlite

import (
	"fmt"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/store"
)

// schemaVersionOf is the number by which SQLite tells that a schema changed.
func schemaVersionOf(t *testing.T, path string) (n int) {
	t.Helper()
	must(t, direct(t, path).QueryRow("PRAGMA schema_version").Scan(&n))
	return n
}

func refused(t *testing.T, s *store.Store, when string) {
	t.Helper()
	for name, err := range map[string]error{
		"writer": s.Update(bg, func(desk.Tx) error { return nil }),
		"reader": s.View(bg, func(desk.Reader) error { return nil }),
	} {
		if fault.KindOf(err) != fault.Integrity {
			t.Errorf("%s: a %s: %v", when, name, err)
		}
	}
}

func accepted(t *testing.T, s *store.Store, when string) {
	t.Helper()
	must(t, s.Update(bg, func(desk.Tx) error { return nil }))
	must(t, s.View(bg, func(desk.Reader) error { return nil }))
}

const evilTrigger = `CREATE TRIGGER evil AFTER INSERT ON token BEGIN DELETE FROM loss; END`

// A changed schema whose version is set back to the one that was compared is found,
// whatever a connection did in between.
func TestSchemaVersionSetBack(t *testing.T) {
	for name, between := range map[string]func(*testing.T, *store.Store){
		"refused": func(t *testing.T, s *store.Store) { refused(t, s, "in between") },
		"asked outside a transaction": func(t *testing.T, s *store.Store) {
			e := s.Engine.(*engine)
			var n int
			must(t, e.read.QueryRow("SELECT COUNT(*) FROM sqlite_schema").Scan(&n))
			must(t, e.write.QueryRow("SELECT COUNT(*) FROM sqlite_schema").Scan(&n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := openStore(t, path)
			accepted(t, s, "at first")
			version := schemaVersionOf(t, path)
			tamper(t, path, evilTrigger)
			between(t, s)
			tamper(t, path, fmt.Sprintf("PRAGMA schema_version = %d", version))
			refused(t, s, "set back")
		})
	}
}

// One row that holds the text of two is not those two.
func TestSchemaRowsMerged(t *testing.T) {
	path := newPath(t)
	db := direct(t, path)
	rows, err := db.Query(`SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`)
	must(t, err)
	var all [][3]string
	for rows.Next() {
		var r [3]string
		must(t, rows.Scan(&r[0], &r[1], &r[2]))
		all = append(all, r)
	}
	must(t, rows.Err())
	last, gone := all[len(all)-2], all[len(all)-1]
	q := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	tamper(t, path, "PRAGMA writable_schema = 1",
		"DELETE FROM sqlite_schema WHERE name = "+q(gone[0]),
		"UPDATE sqlite_schema SET sql = sql || char(0) || 'trigger' || char(0) || "+q(gone[0])+" || char(0) || "+q(gone[1])+" || char(0) || "+q(gone[2])+" WHERE name = "+q(last[0]),
		"PRAGMA schema_version = 4711")
	if s, err := Open(bg, path); err == nil {
		refused(t, s, "without "+gone[0])
		s.Close()
	}
}

// What SQLite read of a schema that was refused is forgotten, though the one that is
// compared later has the same version.
func TestSchemaInMemory(t *testing.T) {
	path := newPath(t)
	s := openStore(t, path)
	back := fmt.Sprintf("PRAGMA schema_version = %d", schemaVersionOf(t, path))
	tamper(t, path, `CREATE TRIGGER evil AFTER INSERT ON token BEGIN SELECT RAISE(ABORT, 'evil'); END`, back)
	if err := s.Update(bg, func(desk.Tx) error { return nil }); fault.KindOf(err) != fault.Integrity {
		t.Errorf("a writer: %v", err)
	}
	tamper(t, path, "DROP TRIGGER evil", back)
	addBatch(t, s, newBatch("a.csv"), "S1")
}
