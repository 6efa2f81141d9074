// Package postgres keeps a store in a PostgreSQL database, so that several sites
// share one inventory: opening, the turn of the writer, bulk insertion, the schema,
// roles, kinds of errors. What is asked of the tables stands in package store.
//
// The row of table store is the turn of the writer: every transaction that writes
// locks it first, so that events are numbered without gaps and what was read under
// the lock holds until the commit. READ COMMITTED is enough for that. Loads take no
// turn: nobody sees their rows before an ordinary transaction completes the batch.
//
// A token has no foreign keys to its profile and place, which the server would look up
// for every row of a load: schema/2_rules.sql says what keeps both there, and
// verify finds a token of a profile or place that is not.
//
// Only row locks are used, no advisory locks, no LISTEN, no deferrable constraints:
// the engines that speak PostgreSQL's protocol share no more.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fob/internal/fault"
	"fob/internal/store"
)

// engine is an open database.
type engine struct {
	db    *sql.DB
	where string // without user and parameters

	mu    sync.Mutex
	holds map[uuid.UUID]bool // loads of this process

	compared atomic.Bool // the schema is that of a new store
}

func (e *engine) Where() string { return e.where }

// Close ends all connections.
func (e *engine) Close() error { return e.db.Close() }

// CopyTo refuses: PostgreSQL has its own ways, and fob copies a store into a file too.
func (e *engine) CopyTo(context.Context, string) error {
	return fault.Errorf(fault.NotAllowed, "%s is a PostgreSQL database: it is backed up with its own tools", e.where).
		WithHint("pg_basebackup and its log make backups; %s copies the store into a file", fault.Do("migrate"))
}

// Begin locks the row of table store, the turn of the writer. A load takes no turn,
// and its commits need not wait for the disk: the batch is completed by a commit
// that does, and that flushes the log of all before it.
func (e *engine) Begin(ctx context.Context, loads bool) (*store.Writing, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		conn.Close()
		return nil, err
	}
	first := `SELECT one FROM store FOR UPDATE`
	if loads {
		first = `SET LOCAL synchronous_commit = off`
	}
	if _, err := tx.ExecContext(ctx, first); err != nil {
		tx.Rollback() //nolint:errcheck // the error before it counts
		conn.Close()
		return nil, err
	}
	insert := func(table string, columns []string, rows [][]any) error {
		return copyInto(ctx, conn, table, columns, rows)
	}
	return &store.Writing{Tx: tx, Insert: insert, End: conn.Close}, nil
}

// copyInto inserts rows by COPY, in the transaction of the connection.
func copyInto(ctx context.Context, on *sql.Conn, table string, columns []string, rows [][]any) error {
	return on.Raw(func(c any) error { return c.(*conn).copyFrom(ctx, table, columns, rows) })
}

// Ahead tells the connection, which sends all of it with the next question.
func (e *engine) Ahead(ctx context.Context, tx *sql.Tx, asks []store.Ask) {
	tx.ExecContext(ctx, `ahead`, asks) //nolint:errcheck // it only notes them
}

// Snapshots begins all transactions on the snapshot of the first.
func (e *engine) Snapshots(ctx context.Context, n int) (readers []*sql.Tx, end func(), err error) {
	end = func() {
		for _, tx := range slices.Backward(readers) {
			tx.Rollback() //nolint:errcheck // a reader has nothing to lose
		}
	}
	var snapshot string
	for i := range n {
		var tx *sql.Tx
		if tx, err = e.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
			break
		}
		readers = append(readers, tx)
		switch {
		case i > 0:
			_, err = tx.ExecContext(ctx, fmt.Sprintf(`SET TRANSACTION SNAPSHOT '%s'`, snapshot))
		case n > 1:
			err = tx.QueryRowContext(ctx, `SELECT pg_export_snapshot()`).Scan(&snapshot)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return readers, end, nil
}

// cursors number the cursors of this process: a statement that is prepared once
// must not mean another query later.
var cursors atomic.Int64

// OneAtATime is so: the rows of a query have to be read before the next one is asked.
func (e *engine) OneAtATime() bool { return true }

// Cursor reads a query in parts, since a connection answers one query at a time.
func (e *engine) Cursor(ctx context.Context, tx *sql.Tx, query string, args []any) (next func(n int) (*sql.Rows, error), end func(), err error) {
	name := fmt.Sprintf("c%d", cursors.Add(1))
	if _, err := tx.ExecContext(ctx, `DECLARE `+name+` NO SCROLL CURSOR FOR `+query, append([]any{pgx.QueryExecModeExec}, args...)...); err != nil {
		return nil, nil, err
	}
	next = func(n int) (*sql.Rows, error) {
		return tx.QueryContext(ctx, fmt.Sprintf(`FETCH FORWARD %d FROM %s`, n, name), pgx.QueryExecModeExec)
	}
	end = func() {
		tx.ExecContext(ctx, `CLOSE `+name, pgx.QueryExecModeExec) //nolint:errcheck // the transaction's end closes it too
	}
	return next, end, nil
}

// EmptyLog cannot empty the log of a server, which others read too: what was
// overwritten stays there and in the pages until the server reuses them.
func (e *engine) EmptyLog(context.Context) (done bool, err error) { return false, nil }

// Residue cannot look into the files of a server.
func (e *engine) Residue(context.Context, []store.Trace) (store.Residue, error) {
	return store.Residue{}, errors.ErrUnsupported
}

// Damage finds nothing: a server checks its pages as it reads them (data_checksums),
// and its own tools check the rest (pg_amcheck).
func (e *engine) Damage(context.Context, *sql.Tx) ([]string, error) { return nil, nil }

// Bounds are for the server's statement_timeout.
func (e *engine) Bounds() (b store.Bounds) { return b }

// Compact is the server's own work.
func (e *engine) Compact(context.Context) (int64, error) { return 0, errors.ErrUnsupported }

// Room is not to be known from outside of the server.
func (e *engine) Room() (r store.Room, err error) { return r, errors.ErrUnsupported }
