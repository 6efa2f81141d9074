package postgres

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"fob/internal/store"
)

// piped is a database of its own with a table, and a connection to it.
func piped(t *testing.T) (*engine, *sql.Conn) {
	t.Helper()
	name, err := server.NewDatabase(bg, "")
	must(t, err)
	must(t, server.Exec(bg, name, `CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT, CHECK (id < 100))`))
	e, err := connect(server.AddressAs("owner", name), false)
	must(t, err)
	t.Cleanup(func() { e.Close() })
	c, err := e.db.Conn(bg)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return e, c
}

const (
	insertThing = `INSERT INTO thing (id, name) VALUES ($1, $2)`
	countThings = `SELECT COUNT(*) FROM thing`
)

func count(t *testing.T, tx *sql.Tx) (n int) {
	t.Helper()
	must(t, tx.QueryRowContext(bg, countThings).Scan(&n))
	return n
}

// A write that fails is told by what waits next for an answer, and nothing of its
// transaction is stored.
func TestHeldBackWritesThatFail(t *testing.T) {
	e, c := piped(t)
	for _, asks := range []bool{true, false} {
		tx, err := c.BeginTx(bg, nil)
		must(t, err)
		for _, id := range []int64{1, 100, 2} {
			if _, err := tx.ExecContext(bg, insertThing, id, "x"); err != nil {
				t.Fatalf("it was not held back: %v", err)
			}
		}
		var n int
		if asks {
			err = tx.QueryRowContext(bg, countThings).Scan(&n)
			tx.Rollback() //nolint:errcheck // it failed
		} else {
			err = tx.Commit()
		}
		if code(err) != "23514" || !strings.Contains(err.Error(), "INSERT INTO thing") {
			t.Errorf("asked %v: %v", asks, err)
		}
		must(t, e.db.QueryRowContext(bg, countThings).Scan(&n))
		if n != 0 {
			t.Errorf("%d rows are stored", n)
		}
	}
}

// What a connection asks again and again is prepared, and its answers stay the same.
func TestOftenAskedIsPrepared(t *testing.T) {
	_, c := piped(t)
	for i := range 2 * oftenUsed {
		tx, err := c.BeginTx(bg, nil)
		must(t, err)
		_, err = tx.ExecContext(bg, insertThing, i, "x")
		must(t, err)
		var prepared int
		must(t, tx.QueryRowContext(bg, `SELECT COUNT(*) FROM pg_prepared_statements WHERE statement IN ('`+insertThing+`', '`+countThings+`')`).Scan(&prepared))
		if n := count(t, tx); n != i+1 {
			t.Errorf("%d rows, not %d", n, i+1)
		}
		must(t, tx.Commit())
		if want := i >= oftenUsed; want != (prepared == 2) {
			t.Errorf("after %d times %d statements of 2 are prepared", i, prepared)
		}
	}
}

// An answer that is known is forgotten once something is written that it may depend on.
func TestKnownAnswersAreForgotten(t *testing.T) {
	e, c := piped(t)
	tx, err := c.BeginTx(bg, nil)
	must(t, err)
	one := []store.Ask{{Query: countThings}, {Query: `SELECT $1::bigint`, Args: []any{int64(7)}}}
	e.Ahead(bg, tx, one)
	if n := count(t, tx); n != 0 {
		t.Errorf("%d rows", n)
	}
	known := func() (n int) {
		must(t, c.Raw(func(c any) error { n = len(c.(*conn).known); return nil }))
		return n
	}
	if known() != 2 {
		t.Errorf("%d answers are known", known())
	}
	_, err = tx.ExecContext(bg, insertThing, 1, "x")
	must(t, err)
	if n := count(t, tx); n != 1 || known() != 1 {
		t.Errorf("%d rows, %d answers known", n, known())
	}
	must(t, tx.Commit())
}

// What is asked ahead in vain, of a table that is not there, spoils nothing.
func TestAskedAheadInVain(t *testing.T) {
	e, c := piped(t)
	tx, err := c.BeginTx(bg, nil)
	must(t, err)
	_, err = tx.ExecContext(bg, insertThing, 1, "x")
	must(t, err)
	e.Ahead(bg, tx, []store.Ask{{Query: `SELECT 1 FROM nothing`}})
	if n := count(t, tx); n != 1 {
		t.Errorf("%d rows", n)
	}
	must(t, tx.Commit())
}

// A reading that nobody goes on from ends soon: it would keep the server from tidying.
func TestReadingsEnd(t *testing.T) {
	e, c := piped(t)
	tx, err := c.BeginTx(bg, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	must(t, err)
	count(t, tx)
	must(t, tx.Rollback())
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	for n := 1; n > 0 && ctx.Err() == nil; time.Sleep(linger) {
		must(t, e.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'`).Scan(&n))
	}
	must(t, ctx.Err())
	tx, err = c.BeginTx(bg, nil)
	must(t, err)
	count(t, tx)
	must(t, tx.Commit())
}

// What was answered before a transaction began again is not true any more: its locks
// were let go.
func TestBegunAgain(t *testing.T) {
	e, c := piped(t)
	tx, err := c.BeginTx(bg, nil)
	must(t, err)
	e.Ahead(bg, tx, []store.Ask{{Query: countThings}, {Query: `SELECT 1 FROM nothing`}})
	var n int
	must(t, tx.QueryRowContext(bg, `SELECT 1`).Scan(&n))
	_, err = e.db.ExecContext(bg, insertThing, 1, "x")
	must(t, err)
	if n := count(t, tx); n != 1 {
		t.Errorf("%d rows", n)
	}
	must(t, tx.Commit())
}

// Questions with other arguments have other answers, wherever one ends.
func TestKeysOfQuestions(t *testing.T) {
	const query = `SELECT $1 || $2`
	ask := func(args ...any) string { return keyOf(store.Ask{Query: query, Args: args}) }
	if ask("a", "bc") == ask("ab", "c") || ask("a b") == ask("a", "b") {
		t.Error("different questions have one key")
	}
	if ask(7, "x") != ask(int64(7), "x") || keyOf(store.Ask{Query: query}) != ask() {
		t.Error("one question has different keys")
	}
}

// A commit that is called off while it is under way is told as it ended.
func TestCommitCalledOff(t *testing.T) {
	e, c := piped(t)
	other, err := e.db.BeginTx(bg, nil)
	must(t, err)
	_, err = other.ExecContext(bg, insertThing, 1, "y")
	must(t, err)
	count(t, other) // it is sent
	ctx, cancel := context.WithCancel(bg)
	tx, err := c.BeginTx(ctx, nil)
	must(t, err)
	_, err = tx.ExecContext(ctx, insertThing, 1, "x")
	must(t, err)
	ended := make(chan error)
	go func() { ended <- tx.Commit() }()
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		must(t, e.db.QueryRowContext(bg, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n))
	}
	cancel()
	must(t, other.Rollback())
	must(t, <-ended)
	var n int
	must(t, e.db.QueryRowContext(bg, countThings).Scan(&n))
	if n != 1 {
		t.Errorf("%d rows", n)
	}
}

// A server that runs for weeks finds out that a connection broke over the weekend, and
// no new one is asked in vain.
func TestIdleConnections(t *testing.T) {
	for idle, pings := range map[time.Duration]bool{time.Millisecond: false, time.Minute: true, 72 * time.Hour: true, time.Since(time.Time{}): false} {
		if afterIdling(bg, stdlib.ShouldPingParams{IdleDuration: idle}) != pings {
			t.Errorf("after %s: %v", idle, !pings)
		}
	}
}
