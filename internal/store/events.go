package store

import (
	"bytes"
	"database/sql"
	"iter"
	"math"
	"time"

	"fob/internal/report"
	"fob/internal/trail"
)

// Append writes an event at the end of the trail, with its texts beside it.
func (q *queries) Append(e *trail.Event) error {
	head, err := q.Head()
	if err != nil {
		return err
	}
	entry, err := trail.Append(head, e)
	if err != nil {
		return err
	}
	if err := q.exec(`INSERT INTO audit (seq, body, hash) VALUES ($1, $2, $3)`, entry.Seq, entry.Body, entry.Hash[:]); err != nil {
		return err
	}
	if err := q.exec(`UPDATE store SET newest_at = $1 WHERE newest_at < $1`, e.Time.UnixNano()); err != nil {
		return err
	}
	for _, t := range e.Beside {
		if err := q.exec(`INSERT INTO audit_text (seq, field, salt, text) VALUES ($1, $2, $3, $4)`,
			entry.Seq, t.Field, t.Salt, t.Text); err != nil {
			return err
		}
	}
	return nil
}

// Head is the newest event's number and hash.
func (q *queries) Head() (trail.Head, error) {
	var h trail.Head
	var hash []byte
	err := q.row(`SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&h.Seq, &hash)
	if notFound(err) {
		return trail.Head{}, nil
	}
	h.Hash = asHash(hash)
	return h, err
}

// asHash is the zero hash, which no event has, for bytes that are none.
func asHash(b []byte) (h trail.Hash) {
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// NewestEvent is the latest time that the trail knows. It is kept beside the
// trail, since an event written under a clock set back has an earlier time than
// the one before it.
func (q *queries) NewestEvent() (time.Time, error) {
	var at sql.NullInt64
	err := q.row(`SELECT newest_at FROM store`).Scan(&at)
	return fromNanos(at), err
}

// AcceptClock makes a time the newest, though the trail knows later ones.
func (q *queries) AcceptClock(now time.Time) error {
	return q.exec(`UPDATE store SET newest_at = $1`, now.UnixNano())
}

// Events streams the trail, oldest first, with the texts beside each event.
func (q *queries) Events(f report.EventFilter) iter.Seq2[trail.Stored, error] {
	if f.Serial != "" {
		return func(yield func(trail.Stored, error) bool) { q.eventsNaming(f.Serial, yield) }
	}
	return func(yield func(trail.Stored, error) bool) {
		from, err := q.firstEvent(f.Limit)
		if err != nil {
			yield(trail.Stored{}, err)
			return
		}
		q.eventsFrom(from, yield)
	}
}

// firstEvent is the number of the first of the newest n events. Without n it is
// below all numbers: one at or below 0 that somebody forged is to be seen.
func (q *queries) firstEvent(n int) (int64, error) {
	if n == 0 {
		return math.MinInt64, nil
	}
	head, err := q.Head()
	return head.Seq - int64(n) + 1, err
}

func (q *queries) eventsFrom(from int64, yield func(trail.Stored, error) bool) {
	besideEntries(q.entries(from), q.textsFrom(from))(yield)
}

// entries reads the trail without the texts beside it.
func (q *queries) entries(from int64) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		for s, err := range q.fleetingEntries(from) {
			s.Body = bytes.Clone(s.Body)
			if !yield(s, err) {
				return
			}
		}
	}
}

// fleetingEntries are entries whose bytes are valid until the next one: a million
// copies are spared where each is read at once.
func (q *queries) fleetingEntries(from int64) iter.Seq2[trail.Stored, error] {
	return stream(q, `SELECT seq, body, hash FROM audit WHERE seq >= $1 ORDER BY seq`, func(rows *sql.Rows) (s trail.Stored, err error) {
		var body, hash sql.RawBytes
		err = rows.Scan(&s.Seq, &body, &hash)
		s.Body, s.Hash = body, asHash(hash)
		return s, err
	}, from)
}

// besideEvent is a text with the event that it lies beside.
type besideEvent struct {
	seq int64
	trail.Text
}

func (q *queries) textsFrom(from int64) iter.Seq2[besideEvent, error] {
	l := newLoose(4)
	return stream(q, `SELECT seq, field, salt, text FROM audit_text WHERE seq >= $1 ORDER BY seq, field`, func(rows *sql.Rows) (t besideEvent, err error) {
		if err := rows.Scan(l.into...); err != nil {
			return t, err
		}
		return besideEvent{l.int(0), trail.Text{Field: l.text(1), Salt: l.bytes(2), Text: l.text(3)}}, l.err
	}, from)
}

// besideEntries puts the texts beside their events: each is read by itself, in
// order, since a join would read an event's bytes once for every text. Texts of
// events that are not there are passed over.
func besideEntries(entries iter.Seq2[trail.Stored, error], texts iter.Seq2[besideEvent, error]) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		beside := follow(texts, func(t besideEvent) int64 { return t.seq })
		defer beside.stop()
		for s, err := range entries {
			if err == nil {
				err = beside.at(s.Seq, func(t besideEvent) { s.Texts = append(s.Texts, t.Text) })
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
		if err := beside.end(); err != nil {
			yield(trail.Stored{}, err)
		}
	}
}
