package app

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// What a fold of the trail keeps are numbers that the collector need not look at, and a
// delivery keeps hardly anything, so it may wait longer than usual; but not until there
// is more than a small computer has.
const (
	foldPercent = 400
	foldLimit   = 215 << 20 // bytes
)

// startPercent puts a command's first collection off until the heap has 32 MB: what a
// short command allocates as it starts is hardly garbage, and looking through it costs a
// seventh of its time.
const startPercent = 800

var usualPercent atomic.Int64 // what holds from the first collection on

// CollectLater puts the first collection off. From then on memory is collected as usual.
func CollectLater() {
	usualPercent.Store(int64(debug.SetGCPercent(startPercent)))
	runtime.AddCleanup(&struct{ self *int }{}, func(int) {
		if now := debug.SetGCPercent(int(usualPercent.Load())); now != startPercent {
			debug.SetGCPercent(now) // a fold has set it meanwhile
		}
	}, 0)
}

// boundMemory sets the collector so, until the function that it returns is called.
func boundMemory() (restore func()) {
	percent, limit := debug.SetGCPercent(foldPercent), debug.SetMemoryLimit(foldLimit)
	if percent == startPercent {
		percent = int(usualPercent.Load())
	}
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
