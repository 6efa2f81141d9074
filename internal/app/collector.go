package app

import "runtime/debug"

// What a fold of the trail keeps are numbers that the collector need not look at, so
// it may wait longer than usual; but not until there is more than a small computer
// has.
const (
	foldPercent = 400
	foldLimit   = 215 << 20 // bytes
)

// boundMemory sets the collector so, until the function that it returns is called.
func boundMemory() (restore func()) {
	percent, limit := debug.SetGCPercent(foldPercent), debug.SetMemoryLimit(foldLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
