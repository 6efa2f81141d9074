package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/store"
)

const endless = `WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) `

// A view without an end in the place of a table is named, and not read: not when the
// store is opened, whatever for, and not by anyone who had it open.
func TestEndlessView(t *testing.T) {
	for table, attack := range map[string][]string{
		"loss":  {"DROP TABLE loss", `CREATE VIEW loss AS ` + endless + `SELECT x AS token_id, x AS reported_at, 0 AS stolen FROM n`},
		"store": {"PRAGMA foreign_keys = 0", "DROP TABLE store", `CREATE VIEW store AS ` + endless + `SELECT x AS one, x AS uuid, x AS created_at, x AS newest_at FROM n WHERE x < 0`},
	} {
		path := newPath(t)
		before := openStore(t, path)
		tamper(t, path, attack...)
		want := "the table " + table + " is gone"
		for name, open := range map[string]func(context.Context, string) (*store.Store, error){"write": Open, "read": OpenReadOnly} {
			s, err := open(bg, path)
			if err == nil {
				s.Close()
			}
			if fault.KindOf(err) != fault.Integrity || !strings.Contains(err.Error(), want) {
				t.Errorf("to %s: %v", name, err)
			}
		}
		if err := before.Update(bg, func(desk.Tx) error { return nil }); fault.KindOf(err) != fault.Integrity {
			t.Errorf("a writer that was there before: %v", err)
		}
		if err := before.View(bg, func(desk.Reader) error { return nil }); fault.KindOf(err) != fault.Integrity {
			t.Errorf("a reader that was there before: %v", err)
		}
		r, err := examineStore(t, path).Verify(bg, nil)
		if err != nil || !slices.Contains(r.Problems, "schema: "+want) {
			t.Errorf("%q, %v", r.Problems, err)
		}
	}
}

// Nothing of the migration tool's is read before it is known to be a table.
func TestEndlessMigrations(t *testing.T) {
	for _, version := range []string{"0", "9"} {
		path := newPath(t)
		tamper(t, path, "DROP TABLE goose_db_version", `CREATE VIEW goose_db_version AS `+endless+`SELECT x AS version_id, x AS is_applied FROM n`,
			"PRAGMA user_version = "+version)
		if s, err := Open(bg, path); err == nil {
			s.Close()
			t.Errorf("version %s: it opens", version)
		}
	}
}

// The text that every transaction asks for is that of a new store.
func TestSchemaText(t *testing.T) {
	for _, query := range []string{"SELECT 1", "ANALYZE"} {
		path := newPath(t)
		tamper(t, path, query)
		tx, err := direct(t, path).BeginTx(bg, &sql.TxOptions{ReadOnly: true})
		must(t, err)
		text, err := readText(bg, tx)
		must(t, tx.Rollback())
		if err != nil || text != newText() {
			t.Errorf("after %s: %q\nnot %q: %v", query, text, newText(), err)
		}
	}
}
