package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/report"
)

// queries run in one transaction. They implement the Reader of inventory and of
// report, and inventory's Tx when the transaction may write.
type queries struct {
	ctx      context.Context
	tx       *sql.Tx
	conn     *sql.Conn // of tx, where it may write
	id       uuid.UUID
	prepared map[string]*sql.Stmt // what was asked before in this transaction
}

func newQueries(ctx context.Context, tx *sql.Tx, id uuid.UUID) *queries {
	return &queries{ctx, tx, nil, id, map[string]*sql.Stmt{}}
}

// statement prepares a query once in a transaction: an import that assigns asks
// the same things for every token. The transaction's end closes them all.
func (q *queries) statement(query string) (*sql.Stmt, error) {
	if s, ok := q.prepared[query]; ok {
		return s, nil
	}
	s, err := q.tx.PrepareContext(q.ctx, query)
	if err == nil {
		q.prepared[query] = s
	}
	return s, err
}

var (
	_ desk.Store    = (*Store)(nil)
	_ desk.Tx       = (*queries)(nil)
	_ report.Store  = (*Store)(nil)
	_ report.Reader = (*queries)(nil)
)

// View runs fn on one consistent state.
func (s *Store) View(ctx context.Context, fn func(desk.Reader) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(q) })
}

// Snapshot runs fn on one consistent state.
func (s *Store) Snapshot(ctx context.Context, fn func(report.Reader) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(q) })
}

func (s *Store) snapshot(ctx context.Context, fn func(*queries) error) error {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return storeError(err, "reading the store")
	}
	defer tx.Rollback() //nolint:errcheck // a reader has nothing to lose
	return storeError(fn(newQueries(ctx, tx, s.id)), "reading the store")
}

// Update waits at the turnstile and runs fn in one immediate transaction.
func (s *Store) Update(ctx context.Context, fn func(desk.Tx) error) error {
	return s.update(ctx, func(q *queries) error { return fn(q) })
}

func (s *Store) update(ctx context.Context, fn func(*queries) error) error {
	return s.updateOn(ctx, s.write, fn)
}

func (s *Store) updateOn(ctx context.Context, db *sql.DB, fn func(*queries) error) error {
	lock, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer lock.release()
	conn, err := db.Conn(ctx)
	if err != nil {
		return storeError(err, "writing to the store")
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return storeError(err, "writing to the store")
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	q := newQueries(ctx, tx, s.id)
	q.conn = conn
	if err := fn(q); err != nil {
		return storeError(err, "writing to the store")
	}
	return storeError(tx.Commit(), "writing to the store")
}

func (q *queries) exec(query string, args ...any) error {
	s, err := q.statement(query)
	if err == nil {
		_, err = s.ExecContext(q.ctx, args...)
	}
	return err
}

func (q *queries) row(query string, args ...any) *sql.Row {
	s, err := q.statement(query)
	if err != nil {
		return q.tx.QueryRowContext(q.ctx, query, args...) // tells the error with the row
	}
	return s.QueryRowContext(q.ctx, args...)
}

// each runs a query and calls scan for every row. Scan must not run the same
// query: it is prepared once.
func (q *queries) each(query string, args []any, scan func(*sql.Rows) error) error {
	s, err := q.statement(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(q.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Times are integers in the database: the driver would store a time.Time as
// text with a monotonic clock in it. NULL stands for the zero time.

func nanos(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

// atNanos and atSeconds are times as columns have them, to be scanned into; NULL is
// the zero time.
type (
	atNanos   time.Time
	atSeconds time.Time
)

func (t *atNanos) Scan(v any) error {
	n, err := nullableInt(v)
	*t = atNanos(fromNanos(n))
	return err
}

func (t *atSeconds) Scan(v any) error {
	n, err := nullableInt(v)
	*t = atSeconds(fromSeconds(n))
	return err
}

func nullableInt(v any) (n sql.NullInt64, err error) {
	err = n.Scan(v)
	return n, err
}

func fromNanos(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}

func fromSeconds(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(n.Int64, 0).UTC()
}

// seconds is a time as a column of whole seconds has it; NULL where nothing is known.
func seconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// orNull stores 0 and "" as NULL.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
