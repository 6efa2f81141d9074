//go:build unix

package custody

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// isHeld locks an open folder, or reports that another program has locked it.
func isHeld(f *os.File) bool {
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// noFollow opens no symbolic link; isLink reports that this was why.
const noFollow = unix.O_NOFOLLOW

func isLink(err error) bool { return errors.Is(err, unix.ELOOP) }

// namesOf is under how many names a file is there.
func namesOf(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
