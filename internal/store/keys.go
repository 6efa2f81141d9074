package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"fob/internal/fault"
	"fob/internal/token"
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

const (
	keysSelect = `SELECT checkpoint_pub, key_generation, wrapped, key_statement FROM store`
	storeKeys  = `SELECT id, purpose, created_at FROM store_key ORDER BY id`
	custodians = `SELECT recipient, kind, added_at FROM custodian ORDER BY added_at, recipient`
)

func (q *queries) storeKeys() (k Keys, err error) {
	var statement string
	q.ahead(Ask{keysSelect, nil}, Ask{storeKeys, nil}, Ask{custodians, nil})
	err = q.row(keysSelect).Scan(&k.CheckpointPub, &k.Generation, &k.Wrapped, &statement)
	if err != nil {
		return k, err
	}
	k.Statement = []byte(statement)
	k.Keys, err = collect(q, func(row scanner) (k trail.KeyRow, err error) {
		err = row.Scan(&k.ID, &k.Purpose, inNanos(&k.Created))
		return k, err
	}, storeKeys)
	if err != nil {
		return k, err
	}
	k.Custodians, err = collect(q, func(row scanner) (c trail.CustodianRow, err error) {
		err = row.Scan(&c.Recipient, &c.Kind, inNanos(&c.Added))
		return c, err
	}, custodians)
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
	q.generation = k.Generation
	if err := q.exec(`UPDATE store SET wrapped = $1, key_statement = $2, key_generation = $3`, k.Wrapped, string(k.Statement), k.Generation); err != nil {
		return err
	}
	return q.addKeys(k)
}

// NothingLoads refuses while an import loads: what it seals is sealed under the key
// that it began with.
func (q *queries) NothingLoads() error {
	n, err := value[int64](q.row(`SELECT COUNT(*) FROM batch WHERE loading = 1`))
	if err == nil && n > 0 {
		err = fault.Errorf(fault.NotAllowed, "an import is loading; the key cannot be rotated meanwhile").WithHint("wait until it has ended")
	}
	return err
}

// checkSealed refuses seeds that are sealed under an older key than the store's: the
// key was rotated after anyone who sealed them had opened it.
func (q *queries) checkSealed(sealed []byte) error {
	if len(sealed) < sealedHeader {
		return nil
	}
	newest, err := value[int64](q.row(`SELECT COALESCE(MAX(id), 0) FROM store_key WHERE purpose = $1`, KeySeed))
	if err == nil && int64(binary.BigEndian.Uint32(sealed[1:])) < newest {
		err = fault.Errorf(fault.NotAllowed, "the store's key was rotated meanwhile; nothing was stored").WithHint("call the same command again")
	}
	return err
}

// sealedHeader is a version and the number of the key, which custody writes before
// every sealed seed.
const sealedHeader = 1 + 4

// Resealed is a seed that is to be stored under another key, if it is still what it
// was.
type Resealed struct {
	ID      int64
	Place   token.SeedPlace
	Was, Is []byte
}

// CountSeeds counts the seeds that are not destroyed.
func (s *Store) CountSeeds(ctx context.Context) (n int, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		n, err = value[int](q.row(`SELECT COUNT(*) FROM token WHERE seed IS NOT NULL`))
		return err
	})
	return n, err
}

// SealedPage reads the next n seeds behind an id, in the order of ids.
func (s *Store) SealedPage(ctx context.Context, after int64, n int) (page []Resealed, err error) {
	err = s.snapshot(ctx, func(q *queries) (err error) {
		page, err = collect(q, func(row scanner) (r Resealed, err error) {
			err = row.Scan(&r.ID, &r.Place.Serial, &r.Place.Fingerprint, &r.Place.Batch, &r.Was)
			return r, err
		}, `SELECT t.id, t.serial_key, COALESCE(t.fingerprint, 0), b.uuid, t.seed FROM token t JOIN batch b ON b.id = t.batch_id
			WHERE t.id > $1 AND t.seed IS NOT NULL ORDER BY t.id LIMIT $2`, after, n)
		return err
	})
	return page, err
}

// Reseal stores a slice of seeds under their new key. It need not wait for the disk:
// the old key opens the old seals until a later transaction drops it.
func (s *Store) Reseal(ctx context.Context, slice []Resealed) error {
	return s.update(ctx, true, func(q *queries) error {
		for _, r := range slice {
			if err := q.exec(`UPDATE token SET seed = $1 WHERE id = $2 AND seed = $3`, r.Is, r.ID, r.Was); err != nil {
				return err
			}
		}
		return nil
	})
}
