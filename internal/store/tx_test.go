package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

func eventsIn(t *testing.T, s *Store) int64 { return s.number(t, `SELECT COUNT(*) FROM audit`) }

func TestUpdateUndoes(t *testing.T) {
	s := newStore(t)
	write := func(tx desk.Tx) { must(t, tx.Append(testEvent(s.id, token.CmdCheck))) }
	why := errors.New("why")
	err := s.Update(bg, func(tx desk.Tx) error { write(tx); return why })
	if !errors.Is(err, why) || eventsIn(t, s) != 1 {
		t.Errorf("after the error %v there are %d events", err, eventsIn(t, s))
	}
	func() {
		defer func() {
			if recover() != "panic" {
				t.Error("the panic did not come through")
			}
		}()
		_ = s.Update(bg, func(tx desk.Tx) error { write(tx); panic("panic") }) // it panics
	}()
	if n := eventsIn(t, s); n != 1 {
		t.Errorf("after the panic there are %d events", n)
	}
	ctx, cancel := context.WithCancel(bg)
	err = s.Update(ctx, func(tx desk.Tx) error { write(tx); cancel(); return nil })
	if !errors.Is(err, context.Canceled) || eventsIn(t, s) != 1 {
		t.Errorf("after the cancelled one, %v, there are %d events", err, eventsIn(t, s))
	}
	must(t, s.Update(bg, func(tx desk.Tx) error { write(tx); return nil }))
	if n := eventsIn(t, s); n != 2 {
		t.Errorf("after a good one there are %d events", n)
	}
	verifyTrail(t, s)
}

func TestReadersDoNotWrite(t *testing.T) {
	s := newStore(t)
	readers := map[string]*Store{"writer's reader": s}
	r, err := OpenReadOnly(bg, s.path)
	must(t, err)
	defer r.Close()
	readers["reader"] = r
	for name, s := range readers {
		err := s.snapshot(bg, func(q *queries) error { return q.exec(`DELETE FROM location`) })
		if err == nil {
			t.Errorf("the %s wrote", name)
		}
	}
}

// One state, whatever is written meanwhile.
func TestSnapshotIsConsistent(t *testing.T) {
	s := newStore(t)
	s.mustRead(t, func(q *queries) error {
		before, err := q.Head()
		must(t, err)
		s.mustUpdate(t, func(q *queries) error { return q.Append(testEvent(s.id, token.CmdCheck)) })
		after, err := q.Head()
		if before != after {
			t.Errorf("the head moved from %d to %d", before.Seq, after.Seq)
		}
		return err
	})
	if eventsIn(t, s) != 2 {
		t.Error("the event is not seen afterwards")
	}
}

// untilHeld returns when somebody else holds a lock.
func untilHeld(t *testing.T, path string) {
	t.Helper()
	for {
		l, free, err := tryAcquire(path)
		if err != nil {
			t.Error(err)
			return
		}
		if !free {
			return
		}
		l.release()
		runtime.Gosched()
	}
}

// Who waits at the turnstile, at either lock, can be called off, and what was
// called off does not keep the lock when it gets it.
func TestCancelAtTheTurnstile(t *testing.T) {
	for _, end := range []string{".intent", ".lock"} {
		t.Run(end, func(t *testing.T) {
			s := newStore(t)
			held, err := acquire(bg, s.path+end)
			must(t, err)
			ctx, cancel := context.WithCancel(bg)
			done := make(chan error, 1)
			go func() {
				done <- s.Update(ctx, func(desk.Tx) error { t.Error("it ran"); return nil })
			}()
			if end == ".lock" {
				untilHeld(t, s.path+".intent")
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("the wait ended with %v", err)
			}
			held.release()
			must(t, s.Update(bg, func(tx desk.Tx) error { return tx.Append(testEvent(s.id, token.CmdCheck)) }))
		})
	}
}

// A short writer that waits gets its turn after the running slice, however
// many slices the loader has left.
func TestWriterGetsInBetweenSlices(t *testing.T) {
	path := newPath(t)
	loader, d := openStore(t, path), openStore(t, path)
	const slices = 50
	running := make(chan struct{})
	var completed atomic.Int64
	loaded := make(chan error, 1)
	go func() {
		loaded <- func() error {
			for i := range slices {
				err := loader.Update(bg, func(desk.Tx) error {
					if i == 0 {
						close(running)
						untilHeld(t, path+".intent") // the d stands in the queue
					}
					return nil
				})
				if err != nil {
					return err
				}
				completed.Add(1)
			}
			return nil
		}()
	}()
	<-running
	var before int64
	must(t, d.Update(bg, func(desk.Tx) error { before = completed.Load(); return nil }))
	must(t, <-loaded)
	if before > 1 {
		t.Errorf("%d slices went before the short writer", before)
	}
}

func TestHoldLoadIsReleased(t *testing.T) {
	s := newStore(t)
	id := founding().ID
	release, err := s.HoldLoad(id)
	must(t, err)
	if _, err := s.HoldLoad(id); err == nil {
		t.Error("held twice")
	}
	release()
	for _, name := range files(t, filepath.Dir(s.path)) {
		if name == filepath.Base(s.loadPath(id)) {
			t.Error("the lock file is left")
		}
	}
	release, err = s.HoldLoad(id)
	must(t, err)
	release()
}

// A loader that was killed before it had a batch leaves a lock that nobody
// holds.
func TestSweepOfALockAlone(t *testing.T) {
	s := newStore(t)
	living := founding().ID
	release, err := s.HoldLoad(living)
	must(t, err)
	defer release()
	dead := s.loadPath(founding().ID)
	must(t, os.WriteFile(dead, nil, 0o600))
	other := s.path + ".load-what"
	must(t, os.WriteFile(other, nil, 0o600))
	must(t, s.SweepLoads(bg))
	for path, want := range map[string]bool{dead: false, s.loadPath(living): true, other: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, free, err := tryAcquire(s.loadPath(living)); free || err != nil {
		t.Errorf("the living loader's lock is free: %v, %v", free, err)
	}
}

// A loader that was killed before its lock had its name leaves the name that
// locks are made with.
func TestSweepOfAnUnnamedLock(t *testing.T) {
	s := newStore(t)
	dead := s.loadPath(founding().ID) + ".new"
	must(t, os.WriteFile(dead, nil, 0o600))
	must(t, s.SweepLoads(bg))
	if _, err := os.Lstat(dead); err == nil {
		t.Error("it is left")
	}
}

// A sweep that meets a lock in the making stops no loader, and leaves it its
// lock.
func TestSweepWhileLoadersBegin(t *testing.T) {
	s := newStore(t)
	done := make(chan struct{})
	swept := make(chan error, 1)
	go func() {
		var err error
		for ended := false; err == nil && !ended; {
			err = s.sweepLocks()
			select {
			case <-done:
				ended = true
			default:
			}
		}
		swept <- err
	}()
	for range 300 {
		id := founding().ID
		release, err := s.HoldLoad(id)
		must(t, err)
		if _, free, err := tryAcquire(s.loadPath(id)); free || err != nil {
			t.Fatalf("the loader's lock is free: %v, %v", free, err)
		}
		release()
	}
	close(done)
	must(t, <-swept)
}

// What the database refuses is fob's fault, and says so.
func TestConstraintIsADefect(t *testing.T) {
	s := newStore(t)
	err := s.update(bg, func(q *queries) error { return q.exec(`INSERT INTO store_key VALUES (0, 'seed', x'00', 1)`) })
	kindIs(t, err, fault.Internal, "defect of fob", "report it", "nothing was changed")
}
