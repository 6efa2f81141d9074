//go:build !unix

package custody

import "os"

// isHeld locks nothing: without flock no store is made here, and no keys.
func isHeld(*os.File) bool { return false }

// noFollow has no like here: a link is followed.
const noFollow = 0

func isLink(error) bool { return false }

func namesOf(os.FileInfo) uint64 { return 1 }
