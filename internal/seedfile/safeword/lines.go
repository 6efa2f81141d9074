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

	anyVersion bool // for finding out what a file is, not whether it can be read
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

func refuse(n int, format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{n}, args...)...).
		WithHint("fetch the delivery again, and take it as it was sent")
}

// physical reads the next line of the file, which is the caller's.
func (l *lines) physical() ([]byte, error) {
	if text := l.ahead; text != nil {
		l.ahead = nil
		return text, nil
	}
	if !l.in.Scan() {
		err := l.in.Err()
		switch {
		case err == nil:
			return nil, io.EOF
		case errors.Is(err, bufio.ErrTooLong):
			return nil, refuse(l.n+1, "the line has more than %d KiB", maxLine>>10)
		}
		return nil, err
	}
	l.n++
	if !utf8.Valid(l.in.Bytes()) || bytes.IndexByte(l.in.Bytes(), 0) >= 0 {
		return nil, refuse(l.n, "the line is not valid %s", l.chars.Name)
	}
	return append([]byte{}, l.in.Bytes()...), nil
}

// next reads the next line that is no comment; io.EOF behind the last.
func (l *lines) next() (line, error) {
	for {
		text, err := l.physical()
		at := line{n: l.n}
		for err == nil && len(text) > 0 { // what continues it
			more, end := l.physical()
			if end == io.EOF {
				break
			}
			if err = end; err != nil || len(more) == 0 || more[0] != ' ' {
				l.ahead = more
				break
			}
			if text = append(text, more[1:]...); len(text) >= maxLine {
				err = refuse(l.n, "the line and those that it continues have more than %d KiB", maxLine>>10)
			}
		}
		switch {
		case err != nil:
			return line{}, err
		case !bytes.HasPrefix(text, []byte("#")):
			return at.parse(text)
		case l.anyVersion:
		case !knownVersion(string(text)):
			return line{}, fault.Errorf(fault.Refused, "line %d: the records are of another version than 100, the only one that fob knows", at.n).
				WithHint("ask the supplier for records of version 100, or for OATH CSV")
		}
	}
}

// parse takes a line apart.
func (at line) parse(text []byte) (line, error) {
	bare := bytes.TrimSpace(text)
	if at.blank = len(bare) == 0; at.blank {
		return at, nil
	}
	name, value, ok := bytes.Cut(bare, []byte(":"))
	if !ok {
		return line{}, refuse(at.n, "the line is not LDIF, which has a name and a colon")
	}
	at.name = string(bytes.TrimSpace(name))
	at.coded = bytes.HasPrefix(value, []byte(":")) || bytes.HasPrefix(value, []byte("<"))
	at.value = bytes.TrimSpace(value)
	return at, nil
}

// knownVersion looks at the comment that such a file begins with.
func knownVersion(comment string) bool {
	_, after, has := strings.Cut(comment, "$Version:")
	version, _, _ := strings.Cut(after, "$")
	return !has || strings.TrimSpace(version) == "100"
}
