package store

import (
	"context"
	"database/sql"
	"errors"
	"fob/internal/fault"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

func (s *Store) loadPath(batch uuid.UUID) string { return s.path + ".load-" + batch.String() }

// lockTries is how often the making of a loader's lock is tried. A sweep may meet
// the file between its making and its locking and remove it: about every second
// time for somebody who does nothing but sweep.
const lockTries = 100

// HoldLoad holds the lock that says "this batch's loader lives". The system
// lets it go when the process dies, however it dies. The file gets its name when
// it is locked, so that a sweep takes no loader for dead that just begins.
func (s *Store) HoldLoad(batch uuid.UUID) (release func(), err error) {
	path := s.loadPath(batch)
	lock, err := lockLoad(path)
	for tries := 1; errors.Is(err, fs.ErrNotExist) && tries < lockTries; tries++ {
		lock, err = lockLoad(path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = fault.Errorf(fault.Internal, "another process holds %s", path)
	}
	if err != nil {
		return nil, storeError(err, "locking "+path)
	}
	return func() {
		s.endLoad()
		os.Remove(path)
		lock.release()
	}, nil
}

// lockLoad makes a locked file and gives it its name. It waits for the lock:
// nobody but a sweep can have it, and that for a moment.
func lockLoad(path string) (*fileLock, error) {
	making := path + ".new"
	f, err := openLock(making)
	if err != nil {
		return nil, err
	}
	if err = flock(f, unix.LOCK_EX); err == nil {
		err = os.Link(making, path)
	}
	os.Remove(making)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &fileLock{f}, nil
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

// sweepLocks also removes files whose loader was killed before they had their
// name.
func (s *Store) sweepLocks() error {
	dir, prefix := filepath.Split(s.path + ".load-")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking for imports that were broken off")
	}
	for _, e := range entries {
		id, is := strings.CutPrefix(e.Name(), prefix)
		if !is || uuid.Validate(strings.TrimSuffix(id, ".new")) != nil {
			continue
		}
		if err := removeFree(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// removeFree removes a lock that nobody holds. It makes none where there is none
// any more: a loader might give that one its name, and hold another.
func removeFree(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking for imports that were broken off")
	}
	defer f.Close() // which also ends the lock
	if flock(f, unix.LOCK_EX|unix.LOCK_NB) == nil {
		os.Remove(path)
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
	defer s.endLoad()
	return s.DiscardLoad(ctx, id)
}
