package app

import (
	"cmp"
	"os"
	"strconv"
	"syscall"
)

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

func userName(uid int) string {
	return cmp.Or(loginName(strconv.Itoa(uid)), "uid "+strconv.Itoa(uid))
}
