package store

import (
	"database/sql"
	"iter"
	"math"
	"time"

	"fob/internal/audit"
	"fob/internal/report"
)

// Append writes an event at the end of the trail, with its texts beside it.
func (q *queries) Append(e *audit.Event) error {
	head, err := q.Head()
	if err != nil {
		return err
	}
	entry, err := audit.Append(head, e)
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
func (q *queries) Head() (audit.Head, error) {
	var h audit.Head
	var hash []byte
	err := q.row(`SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&h.Seq, &hash)
	if notFound(err) {
		return audit.Head{}, nil
	}
	h.Hash = asHash(hash)
	return h, err
}

// asHash is the zero hash, which no event has, for bytes that are none.
func asHash(b []byte) (h audit.Hash) {
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
func (q *queries) Events(f report.EventFilter) iter.Seq2[audit.Stored, error] {
	if f.Serial != "" {
		return func(yield func(audit.Stored, error) bool) { q.eventsNaming(f.Serial, yield) }
	}
	return func(yield func(audit.Stored, error) bool) {
		from, err := q.firstEvent(f.Limit)
		if err != nil {
			yield(audit.Stored{}, err)
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

func (q *queries) eventsFrom(from int64, yield func(audit.Stored, error) bool) {
	rows, err := q.tx.QueryContext(q.ctx, `SELECT a.seq, a.body, a.hash, t.field, t.salt, t.text
		FROM audit a LEFT JOIN audit_text t ON t.seq = a.seq WHERE a.seq >= $1 ORDER BY a.seq, t.field`, from)
	if err != nil {
		yield(audit.Stored{}, err)
		return
	}
	defer rows.Close()
	var current audit.Stored
	begun := false
	for rows.Next() {
		next, text, err := scanEvent(rows)
		if err != nil {
			yield(audit.Stored{}, err)
			return
		}
		if !begun || next.Seq != current.Seq {
			if begun && !yield(current, nil) {
				return
			}
			current, begun = next, true
		}
		if text != nil {
			current.Texts = append(current.Texts, *text)
		}
	}
	if err := rows.Err(); err != nil {
		yield(audit.Stored{}, err)
	} else if begun {
		yield(current, nil)
	}
}

func scanEvent(rows *sql.Rows) (s audit.Stored, beside *audit.Text, err error) {
	var field, text sql.NullString
	var hash, salt []byte
	if err := rows.Scan(&s.Seq, &s.Body, &hash, &field, &salt, &text); err != nil {
		return s, nil, err
	}
	s.Hash = asHash(hash)
	if field.Valid {
		beside = &audit.Text{Field: field.String, Salt: salt, Text: text.String}
	}
	return s, beside, nil
}
