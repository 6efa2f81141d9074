package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"fob/internal/fault"
	"fob/internal/trail"
)

// Keys are the store's keys, encrypted as they are, and who can open them.
type Keys struct {
	CheckpointPub string
	Generation    int64
	Wrapped       []byte // all of them in one
	Statement     []byte // what was signed about them
	Keys          []trail.KeyRow
	Custodians    []trail.CustodianRow
}

// The purposes of keys.
const (
	KeySeed        = "seed"
	KeyFingerprint = "fingerprint"
)

// Detail is what an event says of them.
func (k Keys) Detail() trail.KeysDetail {
	hash := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	return trail.KeysDetail{Generation: k.Generation, Keys: k.Keys, Custodians: k.Custodians, Wrapped: hash(k.Wrapped), Statement: hash(k.Statement)}
}

// Keys reads the store's keys and custodians.
func (s *Store) Keys(ctx context.Context) (k Keys, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		k, err = q.storeKeys()
		return err
	})
	return k, err
}

func (q *queries) storeKeys() (k Keys, err error) {
	var statement string
	err = q.row(`SELECT checkpoint_pub, key_generation, wrapped, key_statement FROM store`).Scan(&k.CheckpointPub, &k.Generation, &k.Wrapped, &statement)
	if err != nil {
		return k, err
	}
	k.Statement = []byte(statement)
	k.Keys, err = collect(q, func(row scanner) (k trail.KeyRow, err error) {
		err = row.Scan(&k.ID, &k.Purpose, inNanos(&k.Created))
		return k, err
	}, `SELECT id, purpose, created_at FROM store_key ORDER BY id`)
	if err != nil {
		return k, err
	}
	k.Custodians, err = collect(q, func(row scanner) (c trail.CustodianRow, err error) {
		err = row.Scan(&c.Recipient, &c.Kind, inNanos(&c.Added))
		return c, err
	}, `SELECT recipient, kind, added_at FROM custodian ORDER BY added_at, recipient`)
	return k, err
}

func (q *queries) addKeys(k Keys) error {
	for _, row := range k.Keys {
		if err := q.exec(`INSERT INTO store_key (id, purpose, created_at) VALUES ($1, $2, $3)`, row.ID, row.Purpose, row.Created.UnixNano()); err != nil {
			return err
		}
	}
	for _, c := range k.Custodians {
		if err := q.exec(`INSERT INTO custodian (recipient, kind, added_at) VALUES ($1, $2, $3)`, c.Recipient, c.Kind, c.Added.UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// ReplaceKeys puts keys and custodians in the place of those of the generation
// before. It refuses when somebody else changed them meanwhile.
func (q *queries) ReplaceKeys(k Keys) error {
	was, err := q.storeKeys()
	if err != nil {
		return err
	}
	if was.Generation != k.Generation-1 {
		return fault.Errorf(fault.NotAllowed, "somebody else changed the store's keys at the same time; nothing was changed").
			WithHint("look at them again: %s", fault.Do("key list"))
	}
	for _, statement := range []string{`DELETE FROM store_key`, `DELETE FROM custodian`} {
		if err := q.exec(statement); err != nil {
			return err
		}
	}
	if err := q.exec(`UPDATE store SET wrapped = $1, key_statement = $2, key_generation = $3`, k.Wrapped, string(k.Statement), k.Generation); err != nil {
		return err
	}
	return q.addKeys(k)
}
