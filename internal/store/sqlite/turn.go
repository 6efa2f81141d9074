package sqlite

import (
	"context"
	"errors"
	"os"
	"strings"

	"fob/internal/fault"
)

// Writers pass a turnstile of two locks: each takes intent first, holds it
// while it waits for lock, and lets it go once it has lock. So at most one
// writer waits for lock, the others stand in a queue behind intent, and a
// loader that comes back for its next slice stands behind the desk. SQLite's
// own busy handler polls instead and lets the loader win for seconds.

// fileLock is a flock, taken in full or not at all.
type fileLock struct {
	f    *os.File
	then func() // once it is let go; nil: nothing
}

func openLock(path string) (*os.File, error) {
	if err := canQueue(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the lock file beside the database cannot be opened").
			WithHint("commands that write need a writable folder around the database")
	}
	shareLock(f)
	return f, nil
}

// shareLock lets everybody who may write the database take turns: without that, the second
// person at an account of their own could not approve anything.
func shareLock(f *os.File) {
	for _, end := range []string{".load-", ".intent", ".lock"} {
		i := strings.LastIndex(f.Name(), end)
		if i < 0 {
			continue
		}
		db, err1 := os.Stat(f.Name()[:i])
		lock, err2 := f.Stat()
		if err1 == nil && err2 == nil && lock.Mode().Perm() != db.Mode().Perm()&0o666 {
			_ = f.Chmod(db.Mode().Perm() & 0o666) // only its owner can; others found it as it was
		}
		return
	}
}

// acquire waits for an exclusive lock until ctx ends or the wait gives up. flock
// itself cannot be cancelled: an abandoned wait lets go of the lock as soon as it
// gets it.
func acquire(ctx context.Context, path string, w *wait) (*fileLock, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if flock(f, lockAlone|lockNow) == nil {
		return &fileLock{f: f}, nil
	}
	w.begin()
	got := make(chan error, 1)
	go func() { got <- flock(f, lockAlone) }()
	for {
		select {
		case err := <-got:
			if err != nil {
				f.Close()
				return nil, fault.Wrap(fault.Internal, err, "locking %s", path)
			}
			return &fileLock{f: f}, nil
		case <-w.tell:
			w.tell = nil
			w.Told(w.holder())
			continue
		case <-w.giveUp:
			err = w.givenUp()
		case <-ctx.Done():
			err = ctx.Err()
		}
		go func() { <-got; f.Close() }()
		return nil, err
	}
}

// tryAcquire tells with ok whether the lock was free.
func tryAcquire(path string) (l *fileLock, ok bool, err error) {
	f, err := openLock(path)
	if err != nil {
		return nil, false, err
	}
	switch err := flock(f, lockAlone|lockNow); {
	case err == nil:
		return &fileLock{f: f}, true, nil
	case errors.Is(err, errHeld):
		f.Close()
		return nil, false, nil
	default:
		f.Close()
		return nil, false, fault.Wrap(fault.Internal, err, "locking %s", path)
	}
}

func (l *fileLock) release() {
	l.f.Close() // which ends the lock
	if l.then != nil {
		l.then()
	}
}

func oneWriter() chan struct{} { return make(chan struct{}, 1) }

// turn waits at the turnstile; the caller runs one transaction and releases.
func (e *engine) turn(ctx context.Context) (*fileLock, error) {
	w := &wait{Patience: e.patience, engine: e}
	select {
	case e.mine <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	lock, err := e.turnOfFiles(ctx, w)
	if err != nil {
		<-e.mine
		return nil, err
	}
	lock.then = func() { <-e.mine }
	return lock, nil
}

// turnOfFiles waits among the processes.
func (e *engine) turnOfFiles(ctx context.Context, w *wait) (*fileLock, error) {
	intent, err := acquire(ctx, e.path+".intent", w)
	if err != nil {
		return nil, err
	}
	intent.sign()
	defer intent.release()
	lock, err := acquire(ctx, e.path+".lock", w)
	if err == nil {
		lock.sign()
	}
	return lock, err
}
