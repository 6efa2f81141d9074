package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/trail"
)

// Store is an open store, on whichever engine.
type Store struct {
	Engine
	id      uuid.UUID
	witness Witness // nil: there is none

	examined bool // what is wrong with it is to be told, so its schema may be any
	hidden   bool // nothing of it can be read: its tables are others

	seen seenTokens

	mu        sync.Mutex
	destroyed []Trace // of seeds that the files were not searched for yet
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
	return s, s.identify(ctx)
}

// Examine makes a Store for those who tell what is wrong with one: its schema may be
// any. Of one whose tables are others nothing is read, its id included.
func Examine(ctx context.Context, e Engine) (*Store, error) {
	s := &Store{Engine: e, examined: true}
	err := s.snapshot(ctx, func(q *queries) error {
		problems, err := s.SchemaProblems(ctx, q.tx)
		s.hidden = slices.ContainsFunc(problems, SchemaProblem.hides)
		return err
	})
	if err == nil && !s.hidden {
		err = s.identify(ctx)
	}
	return s, err
}

// Hidden reports whether Verify tells all that can be told of an examined store.
func (s *Store) Hidden() bool { return s.hidden }

const identitySelect = `SELECT uuid FROM store`

func (s *Store) identify(ctx context.Context) error {
	var text string
	err := s.snapshots(ctx, 1, []Ask{{Query: identitySelect}}, func(q []*queries) error { return q[0].row(identitySelect).Scan(&text) })
	if notFound(err) {
		return fault.Errorf(fault.Integrity, "%s has lost the row that says which store it is", s.Where()).
			WithHint("keep this database as it is, and restore a backup")
	}
	if err != nil {
		return err
	}
	s.id, err = uuid.Parse(text)
	if err == nil && s.id.String() != text {
		err = errors.New("it is spelt as fob does not")
	}
	if err != nil {
		return fault.Wrap(fault.Integrity, err, "%s has no readable store id", s.Where())
	}
	return nil
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
	return s.snapshots(ctx, 1, nil, func(q []*queries) error { return fn(q[0]) })
}

// snapshots runs fn with n readers that see one state: one connection answers one
// query at a time, so it takes several to read on all cores. The asks are what the
// first one will ask.
func (s *Store) snapshots(ctx context.Context, n int, asks []Ask, fn func([]*queries) error) error {
	const doing = "reading the store"
	txs, end, err := s.Snapshots(ctx, n)
	if err != nil {
		return s.Explain(err, doing)
	}
	defer end()
	s.Ahead(ctx, txs[0], asks)
	for _, tx := range txs {
		if err := s.schemaHolds(ctx, tx); err != nil {
			return s.Explain(err, doing)
		}
	}
	readers := make([]*queries, n)
	for i, tx := range txs {
		readers[i] = s.queries(ctx, tx)
	}
	return s.Explain(fn(readers), doing)
}

// schemaHolds refuses tables that are not those of a new store before anything is
// read from them: a view in the place of one may have no end, and a trigger may
// change what is written.
func (s *Store) schemaHolds(ctx context.Context, tx *sql.Tx) error {
	if s.examined {
		return nil
	}
	problems, err := s.SchemaForbids(ctx, tx)
	if err != nil || len(problems) == 0 {
		return err
	}
	worst := problems[max(0, slices.IndexFunc(problems, SchemaProblem.hides))]
	return trail.Tampered("the schema of %s is not fob's: %s", s.Where(), worst)
}

// Update waits for its turn and runs fn in one transaction.
func (s *Store) Update(ctx context.Context, fn func(desk.Tx) error) error {
	return s.update(ctx, false, func(q *queries) error { return fn(q) })
}

// maxTries is how often a transaction is run that others were in the way of.
const maxTries = 5

func (s *Store) update(ctx context.Context, loads bool, fn func(*queries) error) (err error) {
	for try := 1; ; try++ {
		again, err := s.tryUpdate(ctx, loads, fn)
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
			err = context.Cause(ctx) // database/sql rolls back by itself what was called off
		}
		if !again || try == maxTries || ctx.Err() != nil {
			return s.Explain(err, "writing to the store")
		}
	}
}

// tryUpdate reports whether the transaction surely did nothing, and may be run again.
func (s *Store) tryUpdate(ctx context.Context, loads bool, fn func(*queries) error) (again bool, err error) {
	w, err := s.Begin(ctx, loads)
	if err != nil {
		return s.IsAborted(err), err
	}
	defer func() {
		w.Tx.Rollback() //nolint:errcheck // after Commit it does nothing
		if ended := w.End(); err == nil {
			err = ended
		}
	}()
	if err := s.schemaHolds(ctx, w.Tx); err != nil {
		return false, err
	}
	q := s.queries(ctx, w.Tx)
	q.loads = loads
	q.insert = func(table string, columns []string, rows [][]any) error {
		if err := q.mayWrite(); err != nil {
			return err
		}
		return w.Insert(table, columns, rows)
	}
	watched := s.witness != nil && !loads // what loads writes no event
	if watched {
		if err := q.heldAgainst(s.witness); err != nil {
			return false, err
		}
	}
	err = fn(q)
	if failed := q.mayWrite(); err == nil || fault.KindOf(failed) == fault.Integrity {
		err = cmp.Or(failed, err) // an older copy of the store answers wrong
	}
	if err != nil {
		return s.IsAborted(err) || s.IsLost(err), err
	}
	var now Seen
	if watched = watched && q.appended != nil; watched {
		if now, err = q.present(); err != nil {
			return false, err
		}
	}
	err = w.Tx.Commit()
	if s.IsLost(err) && q.appended != nil {
		err = s.settle(ctx, *q.appended, err)
	}
	if err == nil && watched {
		s.witness.Saw(now)
	}
	if err == nil && len(q.destroyed) > 0 {
		s.mu.Lock()
		s.destroyed = append(s.destroyed, q.destroyed...)
		s.mu.Unlock()
	}
	return s.IsAborted(err), err
}

// settle finds out whether a transaction was committed whose answer got lost: its
// last event is in the trail, or never will be once another one had its turn.
func (s *Store) settle(ctx context.Context, e trail.Entry, lost error) error {
	var err error
	for range settleTries {
		var w *Writing
		if w, err = s.Begin(ctx, false); err != nil {
			select {
			case <-time.After(settleWait):
			case <-ctx.Done():
			}
			continue
		}
		var hash []byte
		err = w.Tx.QueryRowContext(ctx, `SELECT hash FROM audit WHERE seq = $1`, e.Seq).Scan(&hash)
		w.Tx.Rollback() //nolint:errcheck // it only asked
		w.End()         //nolint:errcheck // the same
		switch {
		case err == nil && bytes.Equal(hash, e.Hash[:]):
			return nil
		case err == nil || notFound(err):
			return fault.Wrap(fault.Internal, lost, "the connection ended before anything was stored").WithHint("run the command again")
		}
	}
	return fault.Wrap(fault.Internal, errors.Join(lost, err, fault.ErrUncertain), "the connection ended, and whether event %d was stored is not known", e.Seq).
		WithHint("once the database can be reached, see whether %s shows it; only if not, run the command again", fault.Do("audit log"))
}

// A server that went away is asked for half a minute: a standby takes its place in
// less.
const (
	settleTries = 60
	settleWait  = 500 * time.Millisecond
)

func (s *Store) queries(ctx context.Context, tx *sql.Tx) *queries {
	q := &queries{engine: s.Engine, ctx: ctx, tx: tx, id: s.id, asked: map[string]int{}, prepared: map[string]*sql.Stmt{}, vouched: map[string]trail.Vouched{}, bounds: s.Bounds(), seen: &s.seen}
	if s.OneAtATime() {
		q.turn = new(sync.Mutex)
	}
	return q
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
	if err != nil {
		return err
	}
	return s.update(ctx, false, func(q *queries) error { return q.removeLoading(batchID) })
}

// discardSlice removes some of a loading batch's tokens.
func (q *queries) discardSlice(batchID int64) (more bool, err error) {
	var first, last int64
	err = q.row(`SELECT COALESCE((SELECT MIN(id) FROM token WHERE id BETWEEN first_id AND last_id), last_id + 1), last_id
		FROM batch WHERE id = $1 AND loading = 1`, batchID).Scan(&first, &last)
	if notFound(err) || err == nil && first > last {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, q.removeTokens(first, min(first+sliceRows-1, last))
}

// removeLoading removes a batch without tokens, and the place that it named if no
// token is there and no other delivery came to it: a place that was mistyped, perhaps.
// A delivery that loads may be about to use any place, so then it stays.
func (q *queries) removeLoading(batchID int64) error {
	place, err := value[string](q.row(`DELETE FROM batch WHERE id = $1 AND loading = 1 RETURNING location`, batchID))
	if notFound(err) || err == nil && place == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return q.exec(`DELETE FROM location WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.location = $1 OR loading = 1)
		AND NOT EXISTS (SELECT 1 FROM token WHERE location_id = location.id)`, place)
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

var (
	_ people.Tx = (*queries)(nil)
	_ intake.Tx = (*queries)(nil)
)

// For hands out a store's transactions as the narrow interfaces that one room of use
// cases has of them. Queries implement them all, which the compiler checks beside
// this type for each room.
type For[R, T any] struct{ *Store }

// View runs fn on one consistent state.
func (s For[R, T]) View(ctx context.Context, fn func(R) error) error {
	return s.snapshot(ctx, func(q *queries) error { return fn(any(q).(R)) })
}

// Update waits for its turn and runs fn in one transaction.
func (s For[R, T]) Update(ctx context.Context, fn func(T) error) error {
	return s.update(ctx, false, func(q *queries) error { return fn(any(q).(T)) })
}

// Load is Update for a slice of a loading batch.
func (s For[R, T]) Load(ctx context.Context, fn func(T) error) error {
	return s.update(ctx, true, func(q *queries) error { return fn(any(q).(T)) })
}

// Intake is the store as the intake of seed files wants it.
func (s *Store) Intake() intake.Store { return For[intake.Reader, intake.Tx]{s} }
