package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

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

// unsafe tells what could talk to a terminal or forge a line.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// clean replaces what could talk to a terminal or forge a line: texts that came
// out of files and databases pass through it before they are printed.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unsafe(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// visible is for JSON: what encoding/json leaves raw and a terminal would obey
// (DEL, the controls of C1, marks that turn the direction of writing) is
// written as \u escapes, which mean the same to a parser.
func visible(w io.Writer) io.Writer { return &visibleWriter{w: w} }

type visibleWriter struct {
	w   io.Writer
	cut []byte // the beginning of a character whose rest has not come yet
}

func (v *visibleWriter) Write(p []byte) (int, error) {
	in := append(v.cut, p...)
	out := make([]byte, 0, len(in))
	for len(in) > 0 && utf8.FullRune(in) {
		r, size := utf8.DecodeRune(in)
		if r != '\n' && r != '\t' && unsafe(r) {
			out = fmt.Appendf(out, `\u%04x`, r) // all of them have four digits
		} else {
			out = append(out, in[:size]...)
		}
		in = in[size:]
	}
	v.cut = append([]byte(nil), in...)
	_, err := v.w.Write(out)
	return len(p), err
}

// watched remembers the first error of writing, so that a line that nobody
// looked after is not lost in silence.
type watched struct {
	w   io.Writer
	err error
}

func (o *watched) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// verdict is the end of a run: where the output broke, this is the error, if the
// command had no other.
func (o *watched) verdict(err error) error {
	if o.err != nil && (err == nil || errors.Is(err, o.err)) {
		return outputError(o.err)
	}
	return err
}
