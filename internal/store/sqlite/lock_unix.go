//go:build unix

package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// How a lock file is locked: for one alone, for many, or not waited for.
const (
	lockAlone  = unix.LOCK_EX
	lockShared = unix.LOCK_SH
	lockNow    = unix.LOCK_NB
)

// errHeld is what flock returns with lockNow where another has the lock.
var errHeld error = unix.EWOULDBLOCK

// canQueue is nil where writers can wait for each other.
func canQueue() error { return nil }

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// mayWrite reports whether the system lets this user write a file.
func mayWrite(path string) error { return unix.Access(path, unix.W_OK) }

// freeBytes is the room of this user on a file's disk.
func freeBytes(path string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}

// isGone reports whether no process has a number.
func isGone(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }
