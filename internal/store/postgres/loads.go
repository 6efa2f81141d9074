package postgres

import (
	"context"
	"database/sql"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"fob/internal/fault"
	"fob/internal/store"
)

// HoldLoad locks a row of its own until release is called, on a connection of its
// own. The server lets it go when the connection ends, however it ends.
func (e *engine) HoldLoad(batch uuid.UUID) (release func(), err error) {
	ctx := context.Background()
	e.mu.Lock()
	held := e.holds[batch]
	e.mu.Unlock()
	if held {
		return nil, fault.Errorf(fault.Internal, "this process holds the load %s already", batch)
	}
	if _, err := e.db.ExecContext(ctx, `INSERT INTO load_hold (batch) VALUES ($1) ON CONFLICT DO NOTHING`, batch.String()); err != nil {
		return nil, err
	}
	tx, ok, err := e.lockLoad(ctx, batch)
	if err == nil && !ok {
		err = fault.Errorf(fault.Internal, "another process holds the load %s", batch)
	}
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.holds[batch] = true
	e.mu.Unlock()
	return func() {
		e.mu.Lock()
		delete(e.holds, batch)
		e.mu.Unlock()
		tx.ExecContext(ctx, `DELETE FROM load_hold WHERE batch = $1`, batch.String()) //nolint:errcheck // a sweep removes what is left
		tx.Commit()                                                                   //nolint:errcheck // the same
	}, nil
}

// lockLoad locks the row of a load in a transaction; ok is false if somebody else
// has it, or there is none.
func (e *engine) lockLoad(ctx context.Context, batch uuid.UUID) (tx *sql.Tx, ok bool, err error) {
	if tx, err = e.db.BeginTx(ctx, nil); err != nil {
		return nil, false, err
	}
	if _, err = tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err == nil {
		var found string
		err = tx.QueryRowContext(ctx, `SELECT batch FROM load_hold WHERE batch = $1 FOR UPDATE SKIP LOCKED`, batch.String()).Scan(&found)
	}
	switch err {
	case nil:
		return tx, true, nil
	case sql.ErrNoRows:
		err = nil
	}
	tx.Rollback() //nolint:errcheck // it only asked
	return nil, false, err
}

// IsHeld reports whether a row is there that cannot be locked.
func (e *engine) IsHeld(batch uuid.UUID) bool {
	held, err := e.isHeld(context.Background(), batch)
	return held || err != nil // a load that may be alive is not swept
}

// isHeld shares no lock with the loader, but asks in a reader's transaction too.
func (e *engine) isHeld(ctx context.Context, batch uuid.UUID) (held bool, err error) {
	e.mu.Lock()
	held = e.holds[batch]
	e.mu.Unlock()
	if held {
		return true, nil
	}
	var n int
	if err := e.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM load_hold WHERE batch = $1`, batch.String()).Scan(&n); err != nil || n == 0 {
		return false, err
	}
	tx, free, err := e.lockLoad(ctx, batch)
	if free {
		tx.Rollback() //nolint:errcheck // it only asked
	}
	return !free, err
}

// SweepLoads also removes the rows of loaders that died before they had a batch.
func (e *engine) SweepLoads(batches []store.LoadingBatch, discard func(store.LoadingBatch) error) error {
	ctx := context.Background()
	for _, b := range batches {
		held, err := e.isHeld(ctx, b.UUID)
		if err != nil || held {
			if err != nil {
				return err
			}
			continue // a living loader keeps its rows
		}
		if err := discard(b); err != nil {
			return err
		}
	}
	_, err := e.db.ExecContext(ctx, `DELETE FROM load_hold WHERE batch IN (SELECT batch FROM load_hold FOR UPDATE SKIP LOCKED)`)
	return err
}

// copyFrom inserts rows by COPY, behind all that is due.
func (c *conn) copyFrom(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.flush(ctx); err != nil {
		return err
	}
	c.forget(`INSERT INTO ` + table)
	var filled []int
	var names []string
	for i, name := range columns { // what no row has is NULL anyway
		if slices.ContainsFunc(rows, func(row []any) bool { return row[i] != nil }) {
			filled, names = append(filled, i), append(names, name)
		}
	}
	short := make([]any, len(filled))
	_, err := c.Conn.Conn().CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromSlice(len(rows), func(n int) ([]any, error) {
		for to, from := range filled {
			short[to] = rows[n][from]
		}
		return short, nil
	}))
	return err
}
