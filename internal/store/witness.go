package store

import (
	"context"

	"fob/internal/fault"
	"fob/internal/trail"
)

// Seen is how far a store was when somebody last wrote to it: its newest event, and
// the generation of its keys.
type Seen struct {
	Head       trail.Head
	Generation int64
}

// Witness remembers, outside of the database, how far a store was: nothing inside
// tells that the whole file is an older one, or another.
type Witness interface {
	// Last is what was seen last; ok is false where nothing was.
	Last() (s Seen, ok bool, err error)
	// Saw is told after every transaction that wrote an event, before the next
	// writer has its turn. What it cannot keep is lost: the transaction stands.
	Saw(Seen)
}

// Watch has every transaction that writes held against a witness.
func (s *Store) Watch(w Witness) { s.witness = w }

// Continues refuses a store that does not go on where a witness saw it last.
func (s *Store) Continues(ctx context.Context, w Witness) error {
	seen, ok, err := w.Last() // before the state is read: others write on
	if err != nil || !ok {
		return err
	}
	return s.snapshots(ctx, 1, seen.asks(), func(q []*queries) error { return q[0].continues(seen) })
}

// Present is how far the store is.
func (s *Store) Present(ctx context.Context) (seen Seen, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		seen, err = q.present()
		return err
	})
	return seen, err
}

const (
	generationSelect = `SELECT key_generation FROM store`
	hashSelect       = `SELECT hash FROM audit WHERE seq = $1`
)

func (q *queries) present() (s Seen, err error) {
	if s.Head, err = q.Head(); err != nil {
		return s, err
	}
	if q.generation == 0 {
		err = q.row(generationSelect).Scan(&q.generation)
	}
	s.Generation = q.generation
	return s, err
}

// heldAgainst has a transaction held against a witness before it writes anything: what
// that takes comes with the first answers.
func (q *queries) heldAgainst(w Witness) error {
	seen, ok, err := w.Last()
	if err != nil || !ok {
		return err
	}
	q.ahead(seen.asks()...)
	q.unwritten = func() error { return q.continues(seen) }
	return nil
}

// mayWrite looks at the witness once.
func (q *queries) mayWrite() error {
	may := q.unwritten
	if q.unwritten = nil; may == nil {
		return nil
	}
	return may()
}

// asks are what continues will ask.
func (s Seen) asks() []Ask {
	return []Ask{{headSelect, nil}, {generationSelect, nil}, {hashSelect, []any{s.Head.Seq}}}
}

// continues looks up the one event that was seen last.
func (q *queries) continues(seen Seen) error {
	now, err := q.present()
	if err != nil {
		return err
	}
	if now.Head.Seq < seen.Head.Seq {
		return discontinued("the trail of %s ends with event %d, and its event %d was seen here before: it is an older copy", q.engine.Where(), now.Head.Seq, seen.Head.Seq)
	}
	var hash trail.Hash
	if err := q.row(hashSelect, seen.Head.Seq).Scan(inHash(&hash)); err != nil && !notFound(err) {
		return err
	}
	switch {
	case hash != seen.Head.Hash:
		return discontinued("event %d in the trail of %s is not the one that was seen here before: the trail was rewritten, or goes on from an older copy", seen.Head.Seq, q.engine.Where())
	case now.Generation < seen.Generation:
		return discontinued("the keys of %s are older than those that were seen here before", q.engine.Where())
	}
	return nil
}

func discontinued(format string, args ...any) error {
	return fault.Errorf(fault.Integrity, format, args...).
		WithHint("put the newest database back, or find out who exchanged it (a -wal of another day beside it does this too); to look at an old copy: %s; if an older state was restored on purpose: %s",
			fault.Identity.Is("none"), fault.Do("audit accept", fault.ApprovedBy.Is("NAME"), fault.Reason.Is("WHY")))
}
