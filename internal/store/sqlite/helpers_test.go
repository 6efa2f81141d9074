package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"fob/internal/store"
	"fob/internal/store/storetest"
)

// TestMain runs one of the children when this binary was started as one.
func TestMain(m *testing.M) {
	if run := children[os.Getenv(childVar)]; run != nil {
		if err := run(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// What every engine must do.
func TestEngine(t *testing.T) { storetest.Exercise(t, newStore) }

var (
	bg         = context.Background()
	must       = storetest.Must
	kindIs     = storetest.KindIs
	founding   = storetest.Founding
	testEvent  = storetest.Event
	newBatch   = storetest.NewBatch
	addBatch   = storetest.AddBatch
	bindTo     = storetest.BindTo
	numbered   = storetest.Numbered
	mustUpdate = storetest.Update
)

// newPath makes a store and returns its path; nothing has it open.
func newPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fob.db")
	must(t, Create(bg, path, founding()))
	return path
}

func newStore(t testing.TB) *store.Store {
	t.Helper()
	return openStore(t, newPath(t))
}

func openStore(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := Open(bg, path)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// examineStore opens a store whatever its schema is.
func examineStore(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := Examine(bg, path)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func newBoundStore(t *testing.T) *store.Store {
	t.Helper()
	s := newStore(t)
	addBatch(t, s, newBatch("a"), "S1", "S2")
	bindTo(t, s, "S1", "Anna")
	return s
}

// run runs statements in a transaction of the store's own.
func run(s *store.Store, statements ...string) error {
	w, err := s.Begin(bg, false)
	if err != nil {
		return err
	}
	defer w.End()
	defer w.Tx.Rollback()
	for _, statement := range statements {
		if _, err := w.Tx.Exec(statement); err != nil {
			return err
		}
	}
	return w.Tx.Commit()
}

// number runs a query that returns one number.
func number(t testing.TB, s *store.Store, query string) (n int64) {
	t.Helper()
	must(t, s.Engine.(*engine).read.QueryRow(query).Scan(&n))
	return n
}

// direct opens the database behind fob's back, as another program would.
func direct(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// tamper changes a database behind fob's back.
func tamper(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := direct(t, path)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	must(t, db.Close())
}
