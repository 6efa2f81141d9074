package rows

import (
	"bytes"
	"regexp"
)

// begin skips what is to be skipped and settles the delimiter.
func (r *Reader) begin() error {
	if r.wants.Sheet != "" {
		return &Error{Msg: "the file is a text, which has no sheets", Remedy: "leave --sheet out"}
	}
	if err := r.skip(r.wants.SkipLines); err != nil {
		return err
	}
	r.fill()
	text := r.buf[r.start:r.end]
	n, skip := lineEnd(text)
	r.comment = firstComment(text[:n])
	d := sepLine(text[:n])
	switch {
	case d == 0:
		r.delim = findDelimiter(text[:min(len(text), MaxRow)], r.ended && len(text) <= MaxRow)
	case bytes.IndexByte(sepDelimiters, d) >= 0:
		r.delim, r.sep = d, true
		r.take(skip)
	case r.wants.Delimiter == 0:
		return errorAt(r.line+1, "comma, semicolon, tab and | are read", "the line sep= names a delimiter that fob does not read")
	default:
		r.take(skip)
	}
	if r.wants.Delimiter != 0 {
		r.delim = r.wants.Delimiter
	}
	return nil
}

// sepDelimiters are those that a line sep= may name.
var sepDelimiters = []byte{',', ';', '\t', '|'}

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
			return errorAt(r.line+1, "how many lines stand in front of the rows?", "the file ends within the %d lines to skip", lines)
		}
		r.take(skip)
	}
	return nil
}

// excelError is what a spreadsheet writes in the place of a value, in whatever
// language: #REF!, #BEZUG!, #NAME?, #DIV/0!, #N/A, #NV.
var excelError = regexp.MustCompile(`^#(\p{Lu}[\p{Lu}0-9/_ ]*[!?]|N/A|N/D|NV)([\s,;|"]|$)`)

// isComment reports whether a line says nothing of its own. A row whose first field
// is an error of a spreadsheet does, and must not be passed over.
func isComment(line []byte) bool { return len(line) > 0 && line[0] == '#' && !excelError.Match(line) }

// maxComment is how much of a comment is kept.
const maxComment = 80

func firstComment(line []byte) string {
	line = bytes.TrimLeft(line, " \t")
	if !isComment(line) {
		return ""
	}
	return string(line[:min(len(line), maxComment)])
}
