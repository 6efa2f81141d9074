package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/store"
)

func (e *engine) loadPath(batch uuid.UUID) string { return e.path + ".load-" + batch.String() }

// lockTries is how often the making of a loader's lock is tried. A sweep may meet
// the file between its making and its locking and remove it: about every second
// time for somebody who does nothing but sweep.
const lockTries = 100

// HoldLoad holds the lock that says "this batch's loader lives". The system
// lets it go when the process dies, however it dies. The file gets its name when
// it is locked, so that a sweep takes no loader for dead that just begins.
func (e *engine) HoldLoad(batch uuid.UUID) (release func(), err error) {
	path := e.loadPath(batch)
	lock, err := lockLoad(path)
	for tries := 1; errors.Is(err, fs.ErrNotExist) && tries < lockTries; tries++ {
		lock, err = lockLoad(path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = fault.Errorf(fault.Internal, "another process holds %s", path)
	}
	if err != nil {
		return nil, err
	}
	return func() {
		e.endLoad()
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
	if err = flock(f, lockAlone); err == nil {
		err = os.Link(making, path)
	}
	os.Remove(making)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &fileLock{f: f}, nil
}

// IsHeld makes no lock where there is none.
func (e *engine) IsHeld(batch uuid.UUID) bool {
	f, err := os.Open(e.loadPath(batch))
	if err != nil {
		return false
	}
	defer f.Close() // which also ends the lock
	return errors.Is(flock(f, lockShared|lockNow), errHeld)
}

// SweepLoads also removes the locks of loaders that died before they had a batch.
func (e *engine) SweepLoads(batches []store.LoadingBatch, discard func(store.LoadingBatch) error) error {
	for _, b := range batches {
		if err := e.sweep(b, discard); err != nil {
			return err
		}
	}
	return e.sweepLocks()
}

func (e *engine) sweep(b store.LoadingBatch, discard func(store.LoadingBatch) error) error {
	path := e.loadPath(b.UUID)
	lock, ok, err := tryAcquire(path)
	if err != nil || !ok {
		return err // a living loader keeps its rows
	}
	defer lock.release()
	defer os.Remove(path)
	defer e.endLoad()
	return discard(b)
}

// sweepLocks also removes files whose loader was killed before they had their
// name.
func (e *engine) sweepLocks() error {
	dir, prefix := filepath.Split(e.path + ".load-")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking for imports that were broken off")
	}
	for _, entry := range entries {
		id, is := strings.CutPrefix(entry.Name(), prefix)
		if !is || uuid.Validate(strings.TrimSuffix(id, ".new")) != nil {
			continue
		}
		if err := removeFree(filepath.Join(dir, entry.Name())); err != nil {
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
	if flock(f, lockAlone|lockNow) == nil {
		os.Remove(path)
	}
	return nil
}
