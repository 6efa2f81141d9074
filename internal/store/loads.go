package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"fob/internal/inventory"
	"fob/internal/token"
)

// sliceRows is how many rows one sweep transaction removes, so that the desk
// gets its turn in between.
const sliceRows = 5000

func (s *Store) loadPath(batch uuid.UUID) string { return s.path + ".load-" + batch.String() }

// HoldLoad holds the lock that says "this batch's loader lives". The system
// lets it go when the process dies, however it dies. The file gets its name when
// it is locked, so that a sweep takes no loader for dead that just begins.
func (s *Store) HoldLoad(batch uuid.UUID) (release func(), err error) {
	path := s.loadPath(batch)
	making := path + ".new"
	lock, ok, err := tryAcquire(making)
	if err != nil {
		return nil, err
	}
	if ok {
		err = os.Link(making, path)
		os.Remove(making)
	}
	if !ok || errors.Is(err, fs.ErrExist) {
		err = token.Errorf(token.Internal, "another process holds %s", path)
	}
	if err != nil {
		if ok {
			lock.release()
		}
		return nil, storeError(err, "locking "+path)
	}
	return func() {
		os.Remove(path)
		lock.release()
	}, nil
}

// SweepLoads discards loading batches whose loader is gone, and the locks of
// loaders that died before they had a batch.
func (s *Store) SweepLoads(ctx context.Context) error {
	loads, err := s.loads(ctx)
	if err != nil {
		return err
	}
	for id, batch := range loads {
		if err := s.sweep(ctx, id, batch); err != nil {
			return err
		}
	}
	return s.sweepLocks()
}

func (s *Store) sweepLocks() error {
	dir, prefix := filepath.Split(s.path + ".load-")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return token.Wrap(token.Internal, err, "looking for imports that were broken off")
	}
	for _, e := range entries {
		id, is := strings.CutPrefix(e.Name(), prefix)
		if !is || uuid.Validate(id) != nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		lock, ok, err := tryAcquire(path)
		if err != nil {
			return err
		}
		if ok {
			os.Remove(path)
			lock.release()
		}
	}
	return nil
}

func (s *Store) loads(ctx context.Context) (map[int64]uuid.UUID, error) {
	found := map[int64]uuid.UUID{}
	err := s.snapshot(ctx, func(q *queries) error {
		return q.each(`SELECT id, uuid FROM batch WHERE loading = 1`, nil, func(rows *sql.Rows) error {
			var id int64
			var batch uuid.UUID
			err := rows.Scan(&id, &batch)
			found[id] = batch
			return err
		})
	})
	return found, err
}

func (s *Store) sweep(ctx context.Context, id int64, batch uuid.UUID) error {
	path := s.loadPath(batch)
	lock, ok, err := tryAcquire(path)
	if err != nil || !ok {
		return err // a living loader keeps its rows
	}
	defer lock.release()
	defer os.Remove(path)
	for n := sliceRows; n == sliceRows; {
		err := s.Update(ctx, func(tx inventory.Tx) (err error) {
			n, err = tx.DiscardBatch(id, sliceRows)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
