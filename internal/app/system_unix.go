//go:build unix

package app

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// canWrite reports whether this user may write to a file or into a folder.
func canWrite(path string) bool { return unix.Access(path, unix.W_OK) == nil }

// ownerOf is the uid that a file belongs to, if it is known.
func ownerOf(info os.FileInfo) (uid int, known bool) {
	if info == nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// sameGroup reports whether two files belong to one group.
func sameGroup(a, b os.FileInfo) bool {
	first, ok1 := a.Sys().(*syscall.Stat_t)
	second, ok2 := b.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && first.Gid == second.Gid
}

// noFollow opens no symbolic link.
const noFollow = unix.O_NOFOLLOW

// lockNow locks an open file, if no other program has locked it.
func lockNow(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }
