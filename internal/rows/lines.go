package rows

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"fob/internal/damage"
	"fob/internal/fault"
)

// refuseLine refuses a text for a line.
func refuseLine(line int, format string, args ...any) *fault.Error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{line}, args...)...)
}

// skip passes over lines without looking at what is in them.
func (r *Reader) skip(lines int) error {
	for range lines {
		r.fill()
		n, skip := lineEnd(r.buf[r.start:r.end])
		switch {
		case n > MaxRow:
			return r.check(r.buf[r.start : r.start+n])
		case skip == n && r.srcErr != nil:
			return r.srcErr
		case skip == 0:
			return refuseLine(r.line+1, "the file ends within the %d lines to skip", lines).WithHint("how many lines stand in front of the rows?")
		}
		r.take(skip)
	}
	return nil
}

// isComment reports whether a line says nothing of its own. A row whose first field
// is an error of a spreadsheet does, and must not be passed over: damage knows them.
func isComment(line []byte) bool {
	if len(line) == 0 || line[0] != '#' || tooNarrow.Match(line) {
		return false
	}
	for _, ends := range []string{",;|\t\"", ",;|\t\" "} { // a blank may stand in it, or behind it
		field := string(line)
		if n := bytes.IndexAny(line, ends); n >= 0 {
			field = string(line[:n])
		}
		if field = strings.TrimSpace(field); strings.Trim(field, "#") != "" && damage.SheetError(field) {
			return false
		}
	}
	return true
}

// tooNarrow is what a spreadsheet shows of a number in the first column that is wider
// than that; of signs alone people make a line between others.
var tooNarrow = regexp.MustCompile(`^#{3,}"? *[,;|\t]`)

// firstComment keeps the beginning of a comment.
func firstComment(line []byte) string {
	line = bytes.TrimLeft(line, " \t")
	if !isComment(line) {
		return ""
	}
	return string(line[:min(len(line), 80)])
}

// take marks one line as read.
func (r *Reader) take(size int) {
	r.start += size
	r.line++
}

// fill sees to it that the buffer holds a whole window, or all that is left.
func (r *Reader) fill() {
	if r.ended || r.end-r.start >= window {
		return
	}
	r.end = copy(r.buf, r.buf[r.start:r.end])
	r.start = 0
	n, err := io.ReadFull(r.src, r.buf[r.end:])
	r.end += n
	if err == nil {
		return
	}
	r.ended = true
	for r.end > r.start && r.buf[r.end-1] == damage.DOSEnd[0] {
		r.end--
		r.dosEnd = true
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		r.srcErr = err
	}
}

// lineEnd is the length of the first line and how much to skip to the next:
// LF, CR LF or CR end a line. Both are the same when no line end is in sight.
func lineEnd(text []byte) (n, skip int) {
	text = text[:min(len(text), window)]
	n = bytes.IndexByte(text, '\n')
	skip = n + 1
	if n < 0 {
		n, skip = len(text), len(text)
	}
	cr := bytes.IndexByte(text[:n], '\r')
	switch {
	case cr < 0:
		return n, skip
	case cr == n-1 && skip > n:
		return cr, skip
	}
	return cr, cr + 1
}

// row takes one line, or several that belong together; no fields when there is
// nothing in it.
func (r *Reader) row() (Row, error) {
	r.fill()
	text := r.buf[r.start:r.end]
	n, skip := lineEnd(text)
	if skip == n && r.srcErr != nil && n <= MaxRow {
		return Row{}, r.srcErr // what was read of this line is no row
	}
	if len(text) == 0 {
		return Row{}, io.EOF
	}
	line := text[:n]
	row := Row{Line: r.line + 1, Unended: skip == n}
	if err := r.check(line); err != nil {
		return Row{}, err
	}
	if bare := r.trim(line); len(bare) == 0 || isComment(bare) && r.delim != '#' {
		r.take(skip)
		return row, nil
	}
	if r.nested {
		if inner, ok := unnest(r.inner[:0], line); ok {
			r.inner = inner
			r.take(skip)
			if closed, err := r.parseQuoted(inner, row.Line); err != nil || closed {
				row.Fields = r.fields
				return row, err
			}
			return row, refuseLine(row.Line, "a quote is opened and not closed").WithHint("is the file cut off, or was it edited?")
		}
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.quotedRow(row)
	}
	r.take(skip)
	r.fields = r.fields[:0]
	for rest := true; rest; {
		if len(r.fields) == MaxColumns {
			return Row{}, tooManyColumns(row.Line)
		}
		if r.delim == ' ' {
			line = r.trim(line)
		}
		n := r.fieldEnd(line)
		r.fields = append(r.fields, r.trim(line[:n]))
		if rest = n < len(line); !rest {
			break
		}
		if line = line[n+1:]; r.delim == ' ' {
			rest = len(r.trim(line)) > 0
		}
	}
	row.Fields = r.fields
	return row, nil
}

// check refuses a line that is no text, or too long.
func (r *Reader) check(line []byte) error {
	at := r.line + 1
	switch {
	case len(line) > MaxRow:
		return refuseLine(at, "the line has more than %d bytes", MaxRow).WithHint("is this the file that was sent?")
	case bytes.IndexByte(line, 0) >= 0:
		return refuseLine(at, "the line contains a NUL byte").WithHint("the file is damaged or is not text")
	case utf8.Valid(line):
		return nil
	}
	what := "not valid " + r.chars.Name
	if r.legacy != nil {
		what = "neither valid UTF-8 nor Windows-1252"
	}
	return refuseLine(at, "the line is %s", what).WithHint("save the file as UTF-8, or take it as it was sent")
}

func tooManyColumns(line int) error {
	return refuseLine(line, "the row has more than %d columns", MaxColumns).WithHint("is the delimiter the right one?")
}

// fieldEnd is how far a field without quotes goes.
func (r *Reader) fieldEnd(text []byte) int {
	n := bytes.IndexByte(text, r.delim)
	if r.delim == ' ' {
		n = bytes.IndexAny(text, " \t")
	}
	if n < 0 {
		return len(text)
	}
	return n
}

func (r *Reader) delimits(c byte) bool { return c == r.delim || r.delim == ' ' && c == '\t' }

// blank reports what stands around a field without belonging to it.
func (r *Reader) blank(c byte) bool { return c == ' ' || c == '\t' && r.delim != '\t' }

func (r *Reader) trim(b []byte) []byte {
	for len(b) > 0 && r.blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && r.blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
