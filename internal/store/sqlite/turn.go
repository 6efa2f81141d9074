package sqlite

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"

	"fob/internal/fault"
)

// Writers pass a turnstile of two locks: each takes intent first, holds it
// while it waits for lock, and lets it go once it has lock. So at most one
// writer waits for lock, the others stand in a queue behind intent, and a
// loader that comes back for its next slice stands behind the desk. SQLite's
// own busy handler polls instead and lets the loader win for seconds. The writers of
// one process form a line, and only its first goes to the turnstile.

// fileLock is a flock, taken in full or not at all.
type fileLock struct {
	f    *os.File
	then func() // instead of letting it go; nil: it is let go
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
	if l.then != nil {
		l.then()
		return
	}
	l.f.Close() // which ends the lock
}

// line is where the writers of this process wait: in the order in which they came, and
// without holding a file while they do.
type line struct {
	first   chan struct{} // has room for the one who has the turn or waits for the files
	waiting atomic.Int32
	// What follows belongs to the first.
	kept   *fileLock // the lock of the one before, which was passed on
	passed int       // how often it was
}

func newLine() *line { return &line{first: make(chan struct{}, 1)} }

// maxPassed is how often a process passes its turn on among its own writers. Without that
// every agent at the pages would stand behind another slice of a loader; with it the
// others wait for a few commits at most.
const maxPassed = 5

// turn waits at the turnstile; the caller runs one transaction and releases.
func (e *engine) turn(ctx context.Context) (*fileLock, error) {
	w := &wait{Patience: e.patience, engine: e}
	l := e.line
	l.waiting.Add(1)
	select {
	case l.first <- struct{}{}:
		l.waiting.Add(-1)
	case <-ctx.Done():
		l.waiting.Add(-1)
		l.letGo() // it may just have been passed on to this one
		return nil, ctx.Err()
	}
	lock := l.kept
	l.kept = nil
	if lock != nil {
		l.passed++
		lock.sign()
		return lock, nil
	}
	lock, err := e.turnOfFiles(ctx, w)
	if err != nil {
		<-l.first
		return nil, err
	}
	l.passed = 0
	lock.then = func() { l.leave(lock) }
	return lock, nil
}

// leave passes a lock on, or lets it go.
func (l *line) leave(lock *fileLock) {
	if l.waiting.Load() > 0 && l.passed < maxPassed {
		l.kept = lock
	} else {
		lock.f.Close()
	}
	<-l.first
	if l.waiting.Load() == 0 { // the one who waited was called off
		l.letGo()
	}
}

// letGo lets a lock go that was passed on and that nobody took. Who is first now takes
// it, or did.
func (l *line) letGo() {
	select {
	case l.first <- struct{}{}:
		if l.kept != nil {
			l.kept.f.Close()
			l.kept = nil
		}
		<-l.first
	default:
	}
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
