package sqlite

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"fob/internal/store"
	"fob/internal/store/storetest"
)

// Writers of one process pass their turn on, before another process has its own: but not
// for ever.
func TestTurnIsPassedOn(t *testing.T) {
	path := newPath(t)
	pages, loader := openStore(t, path), openStore(t, path)
	var mu sync.Mutex
	var order []string
	write := func(s *store.Store, who string) {
		err := storetest.Write(s, func(storetest.Tx) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, who)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	first, err := pages.Begin(bg, false)
	must(t, err)
	var all sync.WaitGroup
	all.Go(func() { write(loader, "loader") })
	untilHeld(t, path+".intent")
	const agents = maxPassed + 3
	for range agents {
		all.Go(func() { write(pages, "agent") })
	}
	for pages.Engine.(*engine).line.waiting.Load() < agents {
		runtime.Gosched()
	}
	must(t, first.Tx.Rollback())
	must(t, first.End())
	all.Wait()
	if at := slices.Index(order, "loader"); at != maxPassed || len(order) != agents+1 {
		t.Errorf("the loader had its turn after %d others: %q", at, order)
	}
}

// A turn that is passed on to somebody who is called off at that moment is let go.
func TestNobodyTakesWhatWasPassedOn(t *testing.T) {
	s := newStore(t)
	e := s.Engine.(*engine)
	for range 500 {
		lock, err := e.turn(bg)
		must(t, err)
		ctx, cancel := context.WithCancel(bg)
		done := make(chan error, 1)
		go func() {
			got, err := e.turn(ctx)
			if err == nil {
				got.release()
			}
			done <- err
		}()
		for e.line.waiting.Load() == 0 {
			runtime.Gosched()
		}
		go cancel()
		lock.release()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// The one who released it looks once more itself, perhaps later than this.
		for free := false; !free; {
			var l *fileLock
			l, free, err = tryAcquire(s.Where() + ".lock")
			must(t, err)
			if free {
				l.release()
			}
		}
	}
}
