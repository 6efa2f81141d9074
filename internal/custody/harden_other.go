//go:build !linux

package custody

// HardenProcess does nothing on this system: only on Linux does fob keep its
// memory out of core dumps by itself.
func HardenProcess() error { return nil }
