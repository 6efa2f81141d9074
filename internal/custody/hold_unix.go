//go:build unix

package custody

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// isHeld locks an open folder, or reports that another program has locked it.
func isHeld(f *os.File) bool {
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
