package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/trail"
)

// Key is a random key of the store, encrypted to every custodian.
type Key struct {
	ID      int64
	Purpose string // KeySeed or KeyFingerprint
	Wrapped []byte
}

// Row is the key as the trail knows it.
func (k Key) Row(created time.Time) trail.KeyRow {
	sum := sha256.Sum256(k.Wrapped)
	return trail.KeyRow{ID: k.ID, Purpose: k.Purpose, SHA256: hex.EncodeToString(sum[:]), Created: created.UTC()}
}

// The purposes of keys.
const (
	KeySeed        = "seed"
	KeyFingerprint = "fingerprint"
)

// Custodian is an age recipient that can open the store's keys.
type Custodian struct {
	Recipient string
	Kind      string
	Added     time.Time
}

// Founding is what a new store begins with.
type Founding struct {
	ID            uuid.UUID
	Created       time.Time
	CheckpointPub string
	Keys          []Key
	Custodians    []Custodian
	Event         *trail.Event // written as the first event
}

// Found makes a store of an engine with an empty schema.
func Found(ctx context.Context, e Engine, f Founding) error {
	s := &Store{Engine: e, id: f.ID}
	return s.update(ctx, false, func(q *queries) error {
		if err := q.exec(`INSERT INTO store (one, uuid, created_at, checkpoint_pub, newest_at) VALUES (1, $1, $2, $3, $2)`,
			f.ID.String(), f.Created.UnixNano(), f.CheckpointPub); err != nil {
			return err
		}
		for _, k := range f.Keys {
			if err := q.exec(`INSERT INTO store_key (id, purpose, wrapped, created_at) VALUES ($1, $2, $3, $4)`,
				k.ID, k.Purpose, k.Wrapped, f.Created.UnixNano()); err != nil {
				return err
			}
		}
		for _, c := range f.Custodians {
			if err := q.exec(`INSERT INTO custodian (recipient, kind, added_at) VALUES ($1, $2, $3)`,
				c.Recipient, c.Kind, c.Added.UnixNano()); err != nil {
				return err
			}
		}
		return desk.Tx(q).Append(f.Event)
	})
}

// Keys reads the store's keys, encrypted as they are.
func (s *Store) Keys(ctx context.Context) (keys []Key, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		keys, err = collect(q, func(row scanner) (k Key, err error) {
			err = row.Scan(&k.ID, &k.Purpose, &k.Wrapped)
			return k, err
		}, `SELECT id, purpose, wrapped FROM store_key ORDER BY id`)
		return err
	})
	return keys, err
}

// Custodians reads who can open the keys, and what checkpoints are verified
// with.
func (s *Store) Custodians(ctx context.Context) (all []Custodian, checkpointPub string, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		if err := q.row(`SELECT checkpoint_pub FROM store`).Scan(&checkpointPub); err != nil {
			return err
		}
		all, err = collect(q, func(row scanner) (c Custodian, err error) {
			err = row.Scan(&c.Recipient, &c.Kind, inNanos(&c.Added))
			return c, err
		}, `SELECT recipient, kind, added_at FROM custodian ORDER BY added_at, recipient`)
		return err
	})
	return all, checkpointPub, err
}
