package term

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Warn writes what is odd though the command did what it was to do; --quiet does
// not leave it out.
func (r *Run) Warn(format string, args ...any) {
	fmt.Fprintf(r.Streams.Err, "warning: %s\n", Clean(fmt.Sprintf(format, args...)))
}

// Streams are where a command reads and writes. Tests give their own.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutWidth is the terminal's width in columns, 0 when Out is no terminal.
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

// Unsafe tells what could talk to a terminal or forge a line.
func Unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Clean replaces what could talk to a terminal or forge a line: texts that came
// out of files and databases pass through it before they are printed.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if Unsafe(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Visible is for JSON: what encoding/json leaves raw and a terminal would obey
// (DEL, the controls of C1, marks that turn the direction of writing) is
// written as \u escapes, which mean the same to a parser.
func Visible(w io.Writer) io.Writer { return &visibleWriter{w: w} }

type visibleWriter struct {
	w   io.Writer
	cut []byte // the beginning of a character whose rest has not come yet
}

func (v *visibleWriter) Write(p []byte) (int, error) {
	in := append(v.cut, p...)
	out := make([]byte, 0, len(in))
	for len(in) > 0 && utf8.FullRune(in) {
		r, size := utf8.DecodeRune(in)
		if r != '\n' && r != '\t' && Unsafe(r) {
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

// VersionJSON is what the program says of itself.
type VersionJSON struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// PrintVersion prints it.
func (r *Run) PrintVersion() error {
	v := VersionJSON{Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if r.JSON {
		return r.PrintJSON(v)
	}
	r.Say("fob %s (%s %s)", v.Version, v.Go, v.Platform)
	return nil
}

// released is the version of a release: the linker sets it.
var released string

// Version is the program's version: that of the release, else the module's, or the
// commit it was built from.
func Version() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
