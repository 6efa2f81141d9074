package store

import (
	"database/sql"

	"fob/internal/token"
	"fob/internal/trail"
)

// eventsNaming streams the events whose bytes hold a serial, in whatever case: those
// of the token are among them, since serials stand in an event as they are printed.
// There is no index by serial, which every import and bind would pay for; SQLite
// passes over a million other events in about a second, where reading and parsing
// them takes half a minute.
func (q *queries) eventsNaming(serial token.Serial, yield func(trail.Stored, error) bool) {
	var found []int64
	err := q.each(`SELECT seq FROM audit WHERE CAST(body AS TEXT) LIKE $1 ORDER BY seq`, []any{"%" + serial.Key() + "%"}, func(rows *sql.Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		found = append(found, seq)
		return err
	})
	if err != nil {
		yield(trail.Stored{}, err)
		return
	}
	for _, seq := range found {
		s, err := q.event(seq)
		if !yield(s, err) || err != nil {
			return
		}
	}
}

// event reads one event with the texts beside it.
func (q *queries) event(seq int64) (s trail.Stored, err error) {
	var hash []byte
	if err := q.row(`SELECT seq, body, hash FROM audit WHERE seq = $1`, seq).Scan(&s.Seq, &s.Body, &hash); err != nil {
		return s, err
	}
	s.Hash = asHash(hash)
	err = q.each(`SELECT field, salt, text FROM audit_text WHERE seq = $1 ORDER BY field`, []any{seq}, func(rows *sql.Rows) error {
		var t trail.Text
		err := rows.Scan(&t.Field, &t.Salt, &t.Text)
		s.Texts = append(s.Texts, t)
		return err
	})
	return s, err
}
