package cli

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// Streams are where a command reads and writes. Tests give their own.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutWidth is the terminal's width in columns, 0 when Out is none.
	OutWidth int
	ErrTTY   bool
}

// SystemStreams are the process's own.
func SystemStreams() Streams {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, ErrTTY: term.IsTerminal(int(os.Stderr.Fd()))}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		s.OutWidth = 80
		if w, _, err := term.GetSize(fd); err == nil && w > 0 {
			s.OutWidth = w
		}
	}
	return s
}

// clean replaces what could talk to a terminal or forge a line: texts that came
// out of files and databases pass through it before they are printed.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
