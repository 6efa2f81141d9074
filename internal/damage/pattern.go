package damage

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression that is compiled when it is first asked. Most commands
// read no list, and compiling those of all readers is a tenth of a short command's start.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
