package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
)

// Store is an open store, on whichever engine.
type Store struct {
	Engine
	id      uuid.UUID
	witness Witness // nil: there is none
}

var (
	_ desk.Store    = (*Store)(nil)
	_ desk.Tx       = (*queries)(nil)
	_ report.Store  = (*Store)(nil)
	_ report.Reader = (*queries)(nil)
)

// New makes a Store of an engine whose schema is the present one, and reads which
// store it is.
func New(ctx context.Context, e Engine) (*Store, error) {
	s := &Store{Engine: e}
	var text string
	err := s.snapshot(ctx, func(q *queries) error { return q.row(`SELECT uuid FROM store`).Scan(&text) })
	if notFound(err) {
		return nil, fault.Errorf(fault.Integrity, "%s has lost the row that says which store it is", e.Where()).
			WithHint("keep this database as it is, and restore a backup")
	}
	if err != nil {
		return nil, err
	}
	s.id, err = uuid.Parse(text)
	if err == nil && s.id.String() != text {
		err = errors.New("it is spelt as fob does not")
	}
	if err != nil {
		return nil, fault.Wrap(fault.Integrity, err, "%s has no readable store id", e.Where())
	}
	return s, nil
}

// ID is the store's own id.
func (s *Store) ID() uuid.UUID { return s.id }

// View runs fn on one consistent state.
func (s *Store) View(ctx context.Context, fn func(desk.Reader) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(q) })
}

// Snapshot runs fn on one consistent state.
func (s *Store) Snapshot(ctx context.Context, fn func(report.Reader) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(q) })
}

func (s *Store) snapshot(ctx context.Context, fn func(*queries) error) error {
	return s.snapshots(ctx, 1, func(q []*queries) error { return fn(q[0]) })
}

// snapshots runs fn with n readers that see one state: one connection answers one
// query at a time, so it takes several to read on all cores.
func (s *Store) snapshots(ctx context.Context, n int, fn func([]*queries) error) error {
	const doing = "reading the store"
	txs, end, err := s.Snapshots(ctx, n)
	if err != nil {
		return s.Explain(err, doing)
	}
	defer end()
	readers := make([]*queries, n)
	for i, tx := range txs {
		readers[i] = s.queries(ctx, tx)
	}
	return s.Explain(fn(readers), doing)
}

// Update waits for its turn and runs fn in one transaction.
func (s *Store) Update(ctx context.Context, fn func(desk.Tx) error) error {
	return s.update(ctx, false, func(q *queries) error { return fn(q) })
}

func (s *Store) update(ctx context.Context, loads bool, fn func(*queries) error) (err error) {
	const doing = "writing to the store"
	w, err := s.Begin(ctx, loads)
	if err != nil {
		return s.Explain(err, doing)
	}
	defer func() {
		w.Tx.Rollback() //nolint:errcheck // after Commit it does nothing
		if ended := w.End(); err == nil {
			err = s.Explain(ended, doing)
		}
	}()
	q := s.queries(ctx, w.Tx)
	q.insert = w.Insert
	watched := s.witness != nil && !loads // what loads writes no event
	if watched {
		if seen, ok, err := s.witness.Last(); err != nil {
			return err
		} else if ok {
			if err := q.continues(seen); err != nil {
				return s.Explain(err, doing)
			}
		}
	}
	if err := fn(q); err != nil {
		return s.Explain(err, doing)
	}
	var now Seen
	if watched = watched && q.appended; watched {
		if now, err = q.present(); err != nil {
			return s.Explain(err, doing)
		}
	}
	err = w.Tx.Commit()
	if err == nil && watched {
		s.witness.Saw(now)
	}
	return s.Explain(err, doing)
}

func (s *Store) queries(ctx context.Context, tx *sql.Tx) *queries {
	return &queries{engine: s.Engine, ctx: ctx, tx: tx, id: s.id, prepared: map[string]*sql.Stmt{}}
}

// SweepLoads discards loading batches whose loader is gone.
func (s *Store) SweepLoads(ctx context.Context) error {
	loading, err := s.loading(ctx)
	if err != nil {
		return err
	}
	return s.Engine.SweepLoads(loading, func(b LoadingBatch) error { return s.DiscardLoad(ctx, b.ID) })
}

// Abandoned counts the imports that were broken off and whose rows the next
// import will sweep.
func (s *Store) Abandoned(ctx context.Context) (n int, err error) {
	loading, err := s.loading(ctx)
	for _, b := range loading {
		if !s.IsHeld(b.UUID) {
			n++
		}
	}
	return n, err
}

func (s *Store) loading(ctx context.Context) (all []LoadingBatch, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		all, err = collect(q, func(row scanner) (b LoadingBatch, err error) {
			err = row.Scan(&b.ID, &b.UUID)
			return b, err
		}, `SELECT id, uuid FROM batch WHERE loading = 1`)
		return err
	})
	return all, err
}

// sliceRows is how many rows one transaction of a sweep removes, so that the desk
// gets its turn in between.
const sliceRows = 5000

// DiscardLoad removes a loading batch with all that was loaded. A batch that is
// complete stays.
func (s *Store) DiscardLoad(ctx context.Context, batchID int64) (err error) {
	for more := true; more && err == nil; {
		err = s.update(ctx, true, func(q *queries) (err error) {
			more, err = q.discardSlice(batchID)
			return err
		})
	}
	return err
}

// discardSlice removes some of a loading batch's tokens, and the batch when it has
// none.
func (q *queries) discardSlice(batchID int64) (more bool, err error) {
	var first, last int64
	err = q.row(`SELECT COALESCE((SELECT MIN(id) FROM token WHERE id BETWEEN first_id AND last_id), last_id + 1), last_id
		FROM batch WHERE id = $1 AND loading = 1`, batchID).Scan(&first, &last)
	switch {
	case notFound(err):
		return false, nil
	case err != nil:
		return false, err
	case first > last:
		return false, q.exec(`DELETE FROM batch WHERE id = $1`, batchID)
	}
	return true, q.removeTokens(first, min(first+sliceRows-1, last))
}

// Damage lists what the database's own check of its storage finds.
func (s *Store) Damage(ctx context.Context) (found []string, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		found, err = s.Engine.Damage(ctx, q.tx)
		return err
	})
	if s.unreadable(ctx, err) {
		return append(found, err.Error()), nil
	}
	return found, err
}

// unreadable reports whether the tables are at fault. That is a finding, not a
// failure to look.
func (s *Store) unreadable(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && s.IsUnreadable(err)
}
