//go:build !race

package cli

import "regexp"

// scripted are the scripts that run: all.
var scripted = regexp.MustCompile(``)
