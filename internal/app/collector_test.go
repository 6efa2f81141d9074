package app

import (
	"runtime/debug"
	"testing"
)

// Of several who bound the memory at a time the last to end restores what was before, no
// matter which began first.
func TestBoundedAtATime(t *testing.T) {
	now := func() (percent int, limit int64) {
		percent = debug.SetGCPercent(-1)
		debug.SetGCPercent(percent)
		return percent, debug.SetMemoryLimit(-1)
	}
	percent, limit := now()
	first := boundMemory()
	second := boundMemory()
	first()
	if p, l := now(); p != foldPercent || l != foldLimit {
		t.Errorf("bounded no more: %d, %d", p, l)
	}
	second()
	if p, l := now(); p != percent || l != limit {
		t.Errorf("%d and %d, not %d and %d", p, l, percent, limit)
	}
}
