package app

import "runtime/debug"

// A replay keeps an account of every token that an event named: millions of small
// things that stay. The collector, which looks at all of them each time the memory
// has doubled, took a quarter of the time of a million events; it now waits until
// there is five times as much, or the limit is near.
const (
	replayPercent = 400
	replayLimit   = 1 << 30 // bytes
)

// relaxCollector sets the collector so, until the function that it gives is called.
func relaxCollector() (restore func()) {
	percent, limit := debug.SetGCPercent(replayPercent), debug.SetMemoryLimit(replayLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
