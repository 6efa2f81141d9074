package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/storetest"
	"fob/internal/token"
)

func TestReadersDoNotWrite(t *testing.T) {
	s := newStore(t)
	readers := map[string]*store.Store{"writer's reader": s}
	r, err := OpenReadOnly(bg, s.Where())
	must(t, err)
	defer r.Close()
	readers["reader"] = r
	for name, s := range readers {
		readers, end, err := s.Snapshots(bg, 1)
		must(t, err)
		_, err = readers[0].Exec(`DELETE FROM location`)
		end()
		if err == nil {
			t.Errorf("the %s wrote", name)
		}
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
			held, err := acquire(bg, s.Where()+end, &wait{})
			must(t, err)
			ctx, cancel := context.WithCancel(bg)
			done := make(chan error, 1)
			go func() {
				done <- storetest.For(s).Update(ctx, func(storetest.Tx) error { t.Error("it ran"); return nil })
			}()
			if end == ".lock" {
				untilHeld(t, s.Where()+".intent")
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("the wait ended with %v", err)
			}
			held.release()
			must(t, storetest.Write(s, func(tx storetest.Tx) error { return tx.Append(testEvent(s.ID(), token.CmdCheck)) }))
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
				err := storetest.Write(loader, func(storetest.Tx) error {
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
	must(t, storetest.Write(d, func(storetest.Tx) error { before = completed.Load(); return nil }))
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
	for _, name := range files(t, filepath.Dir(s.Where())) {
		if name == filepath.Base(s.Engine.(*engine).loadPath(id)) {
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
	dead := s.Engine.(*engine).loadPath(founding().ID)
	must(t, os.WriteFile(dead, nil, 0o600))
	other := s.Where() + ".load-what"
	must(t, os.WriteFile(other, nil, 0o600))
	must(t, s.SweepLoads(bg))
	for path, want := range map[string]bool{dead: false, s.Engine.(*engine).loadPath(living): true, other: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, free, err := tryAcquire(s.Engine.(*engine).loadPath(living)); free || err != nil {
		t.Errorf("the living loader's lock is free: %v, %v", free, err)
	}
}

// A loader that was killed before its lock had its name leaves the name that
// locks are made with.
func TestSweepOfAnUnnamedLock(t *testing.T) {
	s := newStore(t)
	dead := s.Engine.(*engine).loadPath(founding().ID) + ".new"
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
			err = s.Engine.(*engine).sweepLocks()
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
		if _, free, err := tryAcquire(s.Engine.(*engine).loadPath(id)); free || err != nil {
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
	err := s.Explain(run(s, `INSERT INTO store_key VALUES (0, 'seed', 1)`), "writing")
	kindIs(t, err, fault.Internal, "defect of fob", "report it", "nothing was changed")
}

// A writer that waits is told who keeps it waiting, and gives up when it has waited
// long enough. What it gave up is not done when its turn comes.
func TestPatience(t *testing.T) {
	path := newPath(t)
	for _, end := range []string{".intent", ".lock"} {
		t.Run(end, func(t *testing.T) {
			held, err := acquire(bg, path+end, &wait{})
			must(t, err)
			held.sign()
			clocks := map[time.Duration]chan time.Time{tellAfter: make(chan time.Time, 1), time.Minute: make(chan time.Time, 1)}
			told := make(chan store.Holder, 1)
			s, err := OpenPatient(bg, path, store.Patience{Limit: time.Minute, Told: func(h store.Holder) { told <- h },
				After: func(d time.Duration) <-chan time.Time { return clocks[d] }})
			must(t, err)
			defer s.Close()
			write := func() error {
				return storetest.Write(s, func(tx storetest.Tx) error { return tx.Append(testEvent(s.ID(), token.CmdCheck)) })
			}
			done := make(chan error, 1)
			go func() { done <- write() }()
			clocks[tellAfter] <- time.Time{}
			if h := <-told; h.PID != os.Getpid() || h.Since.IsZero() || h.Stopped {
				t.Errorf("told of %+v", h)
			}
			clocks[time.Minute] <- time.Time{}
			kindIs(t, <-done, fault.Internal, "the store is busy", strconv.Itoa(os.Getpid()), "for 1m0s", "nothing more was stored", "wait")
			before := number(t, s, "SELECT COUNT(*) FROM audit")
			held.release()
			must(t, write())
			if now := number(t, s, "SELECT COUNT(*) FROM audit"); now != before+1 {
				t.Errorf("%d events, there were %d", now, before)
			}
		})
	}
}

// The holder is a process that somebody stopped.
func TestStoppedHolder(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	path := newPath(t)
	cmd := child("hold", path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer cmd.Wait()
	defer cmd.Process.Kill()
	_, err = bufio.NewReader(out).ReadString('\n') // it has its turn
	must(t, err)
	must(t, cmd.Process.Signal(syscall.SIGSTOP))
	for !isStopped(cmd.Process.Pid) {
		runtime.Gosched()
	}
	passed := make(chan time.Time, 1)
	passed <- time.Time{}
	s, err := OpenPatient(bg, path, store.Patience{Limit: time.Minute, After: func(time.Duration) <-chan time.Time { return passed }})
	must(t, err)
	defer s.Close()
	err = storetest.Write(s, func(storetest.Tx) error { return nil })
	kindIs(t, err, fault.Internal, fmt.Sprintf("process %d has been writing", cmd.Process.Pid), "and is stopped", "let it go on or end it")
}
