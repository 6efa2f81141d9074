package app

import (
	"runtime"
	"runtime/debug"
	"sync"
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

// collector is how memory is collected where nothing bounds it. Pages bound it several
// times at once, and begin and end as they like.
var collector struct {
	sync.Mutex
	bounds  int
	percent int
	limit   int64
}

// CollectLater puts the first collection off. From then on memory is collected as usual.
func CollectLater() {
	collector.Lock()
	defer collector.Unlock()
	if now := debug.SetGCPercent(startPercent); now != startPercent {
		collector.percent = now
	}
	runtime.AddCleanup(&struct{ self *int }{}, func(int) {
		collector.Lock()
		defer collector.Unlock()
		if collector.bounds == 0 {
			debug.SetGCPercent(collector.percent)
		}
	}, 0)
}

// boundMemory sets the collector so, until the function that it returns is called.
func boundMemory() (restore func()) {
	collector.Lock()
	defer collector.Unlock()
	if collector.bounds++; collector.bounds == 1 {
		if now := debug.SetGCPercent(foldPercent); now != startPercent {
			collector.percent = now
		}
		collector.limit = debug.SetMemoryLimit(foldLimit)
	}
	return sync.OnceFunc(func() {
		collector.Lock()
		defer collector.Unlock()
		if collector.bounds--; collector.bounds == 0 {
			debug.SetGCPercent(collector.percent)
			debug.SetMemoryLimit(collector.limit)
		}
	})
}
