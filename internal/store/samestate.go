package store

import (
	"context"
	"database/sql"
	"fob/internal/fault"
)

// sameState runs fn with several readers, each on a connection of its own, that all
// see the same state of the store: one connection answers one query at a time, so
// it takes several to read on all cores. Where somebody writes between the
// beginnings of two, both begin anew.
func (s *Store) sameState(ctx context.Context, n int, fn func([]*queries) error) error {
	const tries = 1000 // each takes less than a millisecond; a loader's slice takes fifty
	for range tries {
		met, err := s.trySameState(ctx, n, fn)
		if met || err != nil {
			return storeError(err, "reading the store")
		}
	}
	return fault.Errorf(fault.Internal, "the store changes faster than several readers can begin").WithHint("try again when less is written to it")
}

func (s *Store) trySameState(ctx context.Context, n int, fn func([]*queries) error) (met bool, err error) {
	last, err := s.read.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer last.Close()
	before, err := dataVersion(ctx, last)
	if err != nil {
		return false, err
	}
	var readers []*queries
	for i := range n {
		begin := s.read.BeginTx
		if i == n-1 {
			begin = last.BeginTx
		}
		tx, err := begin(ctx, nil)
		if err != nil {
			return false, err
		}
		defer tx.Rollback()                             //nolint:errcheck // a reader has nothing to lose
		if _, err := dataVersion(ctx, tx); err != nil { // from here on it sees one state
			return false, err
		}
		readers = append(readers, newQueries(ctx, tx, s.id))
	}
	after, err := dataVersion(ctx, readers[n-1].tx)
	if err != nil || after != before {
		return false, err
	}
	return true, fn(readers)
}

// dataVersion is a number that is another one on the same connection as soon as
// another connection has written something.
func dataVersion(ctx context.Context, on interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (n int64, err error) {
	err = on.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&n)
	return n, err
}
