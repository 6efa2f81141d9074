package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/trail"
)

// Founding is what a new store begins with.
type Founding struct {
	ID      uuid.UUID
	Created time.Time
	Keys    Keys
	Event   *trail.Event // written as the first event
}

// Found makes a store of an engine with an empty schema.
func Found(ctx context.Context, e Engine, f Founding) error {
	s := &Store{Engine: e, id: f.ID}
	return s.update(ctx, false, func(q *queries) error {
		k := f.Keys
		if err := q.exec(`INSERT INTO store (one, uuid, created_at, checkpoint_pub, wrapped, key_statement, key_generation, newest_at)
			VALUES (1, $1, $2, $3, $4, $5, $6, $2)`, f.ID.String(), f.Created.UnixNano(), k.CheckpointPub, k.Wrapped, string(k.Statement), k.Generation); err != nil {
			return err
		}
		if err := q.addKeys(k); err != nil {
			return err
		}
		return desk.Tx(q).Append(f.Event)
	})
}
