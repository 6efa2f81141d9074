package safeword

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
)

// maxLine bounds a line with what continues it, in bytes: the longest useful one
// holds a seed of 128 bytes in hex and a dozen short words.
const maxLine = 16 << 10

// line is one line of LDIF, with those that continue it (RFC 2849 note 2): a name
// and a value, or nothing at all between two entries.
type line struct {
	n     int // where it begins, from 1
	name  string
	value []byte // its own, without the blanks around it
	coded bool   // the name is followed by :: or :<, the value is not plain text
	blank bool
}

// lines reads LDIF.
type lines struct {
	in      *bufio.Scanner
	chars   rows.Charset
	n       int
	unended bool   // the last line has no end
	ahead   []byte // a physical line that is read and not yet used; nil: none
	err     error

	anyVersion bool // for telling what a file is, not whether it can be read
}

func newLines(r io.Reader) *lines {
	text, chars := rows.UTF8(r)
	l := &lines{in: bufio.NewScanner(text), chars: chars}
	l.in.Buffer(make([]byte, 0, 4<<10), maxLine)
	l.in.Split(l.split)
	return l
}

// split cuts at LF, CR LF or CR.
func (l *lines) split(data []byte, atEOF bool) (int, []byte, error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && (!atEOF || len(data) == 0):
		return 0, nil, nil
	case i < 0:
		l.unended = true
		return len(data), data, nil
	case data[i] == '\r' && i+1 == len(data) && !atEOF:
		return 0, nil, nil // LF may follow
	case bytes.HasPrefix(data[i:], []byte("\r\n")):
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}

// physical gives the next line of the file; nil behind the last.
func (l *lines) physical() ([]byte, error) {
	if text := l.ahead; text != nil {
		l.ahead = nil
		return text, nil
	}
	if !l.in.Scan() {
		switch err := l.in.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return nil, refuse(l.n+1, "the line has more than %d KiB", maxLine>>10)
		case err != nil:
			return nil, err
		}
		return nil, io.EOF
	}
	l.n++
	if !utf8.Valid(l.in.Bytes()) || bytes.IndexByte(l.in.Bytes(), 0) >= 0 {
		return nil, refuse(l.n, "the line is not valid %s", l.chars.Name)
	}
	return bytes.Clone(l.in.Bytes()), nil
}

func refuse(n int, format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{n}, args...)...).
		WithHint("fetch the delivery again, and take it as it was sent")
}

// next gives the next line that is no comment; io.EOF behind the last.
func (l *lines) next() (line, error) {
	for l.err == nil {
		text, err := l.physical()
		at := line{n: l.n}
		if err == nil {
			text, err = l.continued(text)
		}
		switch {
		case err != nil:
			l.err = err
		case len(text) == 0 || text[0] != '#':
			return l.parse(at, text)
		case !l.anyVersion:
			l.err = checkVersion(at.n, text)
		}
	}
	return line{}, l.err
}

// continued adds the lines that continue one.
func (l *lines) continued(text []byte) ([]byte, error) {
	for {
		more, err := l.physical()
		switch {
		case err == io.EOF:
			return text, nil
		case err != nil:
			return nil, err
		case len(text) == 0 || len(more) == 0 || more[0] != ' ':
			l.ahead = more
			return text, nil
		case len(text)+len(more) > maxLine:
			return nil, refuse(l.n, "the line and those that it continues have more than %d KiB", maxLine>>10)
		}
		text = append(text, more[1:]...)
	}
}

// parse takes a line apart.
func (l *lines) parse(at line, text []byte) (line, error) {
	bare := bytes.TrimSpace(text)
	if len(bare) == 0 {
		at.blank = true
		return at, nil
	}
	name, value, ok := bytes.Cut(bare, []byte(":"))
	if !ok {
		l.err = refuse(at.n, "the line is none of LDIF, which has a name and a colon")
		return line{}, l.err
	}
	at.name = string(bytes.TrimSpace(name))
	at.coded = bytes.HasPrefix(value, []byte(":")) || bytes.HasPrefix(value, []byte("<"))
	at.value = bytes.TrimSpace(value)
	return at, nil
}

// checkVersion knows the comment that such a file begins with.
func checkVersion(n int, comment []byte) error {
	_, after, has := strings.Cut(string(comment), "$Version:")
	version, _, _ := strings.Cut(after, "$")
	if !has || strings.TrimSpace(version) == "100" {
		return nil
	}
	return fault.Errorf(fault.Refused, "line %d: the records are of another version than 100, the only one that fob knows", n).
		WithHint("ask the supplier for records of version 100, or for OATH CSV")
}

// notes are remarks on how the text is written.
func (l *lines) notes() []fault.Text {
	notes := seedfile.Notes(l.chars.Notes()...)
	if l.unended {
		notes = append(notes, fault.Textf(table.NoteUnended))
	}
	return notes
}
