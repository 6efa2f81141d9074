package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"fob/internal/fault"
	"fob/internal/store"
)

// tellAfter is how long a writer waits before it says who keeps it waiting. A slice
// of an import takes a tenth of a second, so there is nothing to say of a queue that
// moves.
const tellAfter = 2 * time.Second

// wait is one writer's wait for its turn, at both locks together.
type wait struct {
	store.Patience
	engine *engine
	tell   <-chan time.Time // nil: nobody wants to know, or was told
	giveUp <-chan time.Time // nil: never
	begun  bool
}

// begin starts the clocks of a wait that really is one.
func (w *wait) begin() {
	if w.begun {
		return
	}
	w.begun = true
	after := w.After
	if after == nil {
		after = time.After
	}
	if w.Told != nil {
		w.tell = after(tellAfter)
	}
	if w.Limit > 0 {
		w.giveUp = after(w.Limit)
	}
}

// holder reads who has the turn: who holds the second lock, else who waits for it
// as the first in the queue.
func (w *wait) holder() (h store.Holder) {
	for _, end := range []string{".lock", ".intent"} {
		f, err := os.Open(w.engine.path + end)
		if err != nil {
			continue
		}
		if errors.Is(flock(f, lockShared|lockNow), errHeld) {
			h = signature(f)
		}
		f.Close() // which also ends the lock
		if h.PID != 0 {
			return h
		}
	}
	return h
}

func (w *wait) givenUp() error {
	h := w.holder()
	err := fault.Errorf(fault.Internal, "the store is busy: %s, and gave nobody else a turn for %s; nothing more was stored", h, w.Limit)
	if h.Stopped {
		return err.WithHint("process %d is stopped: let it go on or end it; what it did not finish is undone then", h.PID)
	}
	return err.WithHint("let it finish or end it, and try again; %s waits longer", fault.Wait)
}

// sign writes into a lock who holds it. Nothing depends on it: where it cannot be
// written, nobody is named. The time of the writing is when the turn began.
func (l *fileLock) sign() {
	_, _ = l.f.WriteAt(fmt.Appendf(nil, "%10d\n", os.Getpid()), 0)
}

// signature reads it.
func signature(f *os.File) (h store.Holder) {
	text := make([]byte, 64)
	n, _ := f.ReadAt(text, 0)
	info, err := f.Stat()
	if err != nil {
		return h
	}
	if h.PID, err = strconv.Atoi(string(bytes.TrimSpace(text[:n]))); err != nil {
		return store.Holder{}
	}
	if isGone(h.PID) { // anyone who holds it now did not sign
		return store.Holder{}
	}
	h.Since, h.Stopped = info.ModTime().UTC(), isStopped(h.PID)
	return h
}

// isStopped reports whether a process was stopped, by Ctrl-Z say. It is known of
// systems with Linux's /proc; elsewhere no process counts as stopped.
func isStopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	name := bytes.LastIndexByte(stat, ')') // a name may hold anything
	return err == nil && name >= 0 && len(stat) > name+2 && (stat[name+2] == 'T' || stat[name+2] == 't')
}
