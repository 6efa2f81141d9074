package store

import (
	"context"
	"time"
)

// Session reads what is stored of a session of the pages; nil if there is none. It is
// sealed, and nothing of it is known here.
func (s *Store) Session(ctx context.Context, id []byte) (sealed []byte, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		err := q.row(`SELECT sealed FROM web_session WHERE id = $1`, id).Scan(&sealed)
		if notFound(err) {
			return nil
		}
		return err
	})
	return sealed, err
}

// SaveSession writes it, if it is new or was not ended elsewhere meanwhile, and removes
// those that are over. No event tells of it: a session is nothing of the inventory.
func (s *Store) SaveSession(ctx context.Context, id, sealed []byte, until, now time.Time, isNew bool) error {
	return s.update(ctx, false, func(q *queries) error {
		if err := q.exec(`DELETE FROM web_session WHERE until < $1`, now.UnixNano()); err != nil {
			return err
		}
		if isNew {
			return q.exec(`INSERT INTO web_session (id, sealed, until) VALUES ($1, $2, $3)`, id, sealed, until.UnixNano())
		}
		return q.exec(`UPDATE web_session SET sealed = $2, until = $3 WHERE id = $1`, id, sealed, until.UnixNano())
	})
}

// EndSession removes it.
func (s *Store) EndSession(ctx context.Context, id []byte) error {
	return s.update(ctx, false, func(q *queries) error { return q.exec(`DELETE FROM web_session WHERE id = $1`, id) })
}

// EndSessions removes all of them.
func (q *queries) EndSessions() error { return q.exec(`DELETE FROM web_session`) }
