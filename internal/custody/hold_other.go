//go:build !unix

package custody

import "os"

// isHeld locks nothing: without flock no store is made here, and no keys.
func isHeld(*os.File) bool { return false }
