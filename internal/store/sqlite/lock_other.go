//go:build !unix

package sqlite

import (
	"errors"
	"math"
	"os"

	"fob/internal/fault"
)

// Without flock writers cannot queue as they do elsewhere, and a lock that no one has
// tried is worse than none: here a store can be read, and not be written.
const (
	lockAlone = 1 << iota
	lockShared
	lockNow
)

var errHeld = errors.New("the lock is held")

func canQueue() error {
	return fault.Errorf(fault.NotAllowed, "on this system fob reads a store and does not write one: it has no flock, by which writers wait for each other").
		WithHint("keep the store on Linux, macOS or FreeBSD; lists, exports and verification work here with a copy")
}

func flock(*os.File, int) error { return errors.ErrUnsupported }

func mayWrite(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// freeBytes knows nothing here: nothing is refused for it.
func freeBytes(string) (int64, error) { return math.MaxInt64, nil }

// isGone is not known here, where no lock is held either.
func isGone(int) bool { return false }
