package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
)

// queries run in one transaction. They implement the Reader of desk and of
// report, and desk's Tx when the transaction may write.
type queries struct {
	engine   Engine
	ctx      context.Context
	tx       *sql.Tx
	id       uuid.UUID
	insert   func(table string, columns []string, rows [][]any) error // nil: it only reads
	prepared map[string]*sql.Stmt                                     // what was asked before in this transaction
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

func notFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }
