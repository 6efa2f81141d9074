package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
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

// Create makes a store at path, which must not exist. It is built beside its
// place and linked there when it is whole, so a failed init leaves nothing.
func Create(ctx context.Context, path string, f Founding) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "finding %s", path)
	}
	dir := filepath.Dir(abs)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "making the folder of the store")
	}
	if err := checkFilesystem(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) {
		return existsError(abs)
	}
	building := abs + ".new-" + f.ID.String()
	defer removeDatabase(building)
	if err := build(ctx, building, f); err != nil {
		return storeError(err, "making the store")
	}
	if err := os.Link(building, abs); errors.Is(err, fs.ErrExist) {
		return existsError(abs)
	} else if err != nil {
		return fault.Wrap(fault.Internal, err, "putting the store in its place")
	}
	if err := syncFolder(dir); err != nil {
		removeDatabase(abs) // its keys go too when this fails: nobody could open it
		return err
	}
	return nil
}

// syncFolder makes a new name survive a power cut. Tests make it fail.
var syncFolder = func(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "opening the folder of the store")
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fault.Wrap(fault.Internal, err, "writing the folder of the store")
	}
	return nil
}

func existsError(path string) error {
	return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", path).
		WithHint("name another place with --db")
}

func removeDatabase(path string) {
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".intent", ".lock"} {
		os.Remove(path + end)
	}
}

// build makes the file itself first, because SQLite would create it readable
// for everybody.
func build(ctx context.Context, path string, f Founding) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	file.Close()
	db, err := sql.Open("sqlite", address(path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}, "journal_mode(wal)"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	s := &Store{path: path, id: f.ID, write: db}
	defer s.Close()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	if err := s.update(ctx, func(q *queries) error { return q.found(f) }); err != nil {
		return err
	}
	return s.Close()
}

func (q *queries) found(f Founding) error {
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
}

// Keys reads the store's keys, encrypted as they are.
func (s *Store) Keys(ctx context.Context) (keys []Key, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		return q.each(`SELECT id, purpose, wrapped FROM store_key ORDER BY id`, nil, func(rows *sql.Rows) error {
			var k Key
			err := rows.Scan(&k.ID, &k.Purpose, &k.Wrapped)
			keys = append(keys, k)
			return err
		})
	})
	return keys, err
}

// Custodians reads who can open the keys, and what checkpoints are verified
// with.
func (s *Store) Custodians(ctx context.Context) (all []Custodian, checkpointPub string, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		if err := q.row(`SELECT checkpoint_pub FROM store`).Scan(&checkpointPub); err != nil {
			return err
		}
		return q.each(`SELECT recipient, kind, added_at FROM custodian ORDER BY added_at, recipient`, nil, func(rows *sql.Rows) error {
			var c Custodian
			var added sql.NullInt64
			err := rows.Scan(&c.Recipient, &c.Kind, &added)
			c.Added = fromNanos(added)
			all = append(all, c)
			return err
		})
	})
	return all, checkpointPub, err
}
