//go:build !unix

package app

import "os"

// canWrite takes it so: a file that cannot be written says so itself.
func canWrite(string) bool { return true }

// ownerOf is not known here.
func ownerOf(os.FileInfo) (uid int, known bool) { return 0, false }

// sameGroup is not known here.
func sameGroup(_, _ os.FileInfo) bool { return false }

// noFollow has no like here.
const noFollow = 0

// lockNow locks nothing here, where no two programs write a file of one name.
func lockNow(*os.File) bool { return true }
