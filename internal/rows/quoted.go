package rows

import (
	"bytes"
)

// quotedRow takes a row that has quotes, by RFC 4180: a field that begins with
// a quote ends with one, may hold delimiters and line ends, and doubles the
// quotes that it holds. A quote inside a field that does not begin with one is
// a character like any other.
func (r *Reader) quotedRow(row Row) (Row, error) {
	text := r.buf[r.start:r.end]
	size, end := 0, 0 // of the lines taken: without and with the last line end
	for lines := 0; lines < MaxRowLines; lines++ {
		n, skip := lineEnd(text[end:])
		size, end = end+n, end+skip
		if size > MaxRow {
			break
		}
		if lines > 0 {
			if err := r.check(text[end-skip : size]); err != nil {
				return Row{}, err
			}
		}
		r.line++
		closed, err := r.parseQuoted(text[:size], row.Line)
		if err != nil {
			return Row{}, err
		}
		if closed {
			r.start += end
			row.Fields, row.Unended = r.fields, size == end
			return row, nil
		}
		if skip == n { // the text ends inside the quotes
			break
		}
	}
	if r.srcErr != nil && end == len(text) {
		return Row{}, r.srcErr
	}
	return Row{}, refuseLine(row.Line, "a quote is opened and not closed within %d lines and %d bytes", MaxRowLines, MaxRow).
		WithHint("is the file cut off, or was it edited?")
}

// parseQuoted cuts a row; closed is false when it ends inside quotes.
func (r *Reader) parseQuoted(text []byte, line int) (closed bool, err error) {
	r.scratch, r.fields = r.scratch[:0], r.fields[:0]
	for {
		if r.delim == ' ' {
			text = r.trim(text)
		}
		inner := text
		for len(inner) > 0 && r.blank(inner[0]) {
			inner = inner[1:]
		}
		n := r.fieldEnd(text)
		field, rest := r.trim(text[:n]), text[n:]
		if len(inner) > 0 && inner[0] == '"' {
			r.quotes = true
			if field, rest, closed = r.unquote(inner[1:]); !closed {
				return false, nil
			}
		}
		switch {
		case len(rest) > 0 && !r.delimits(rest[0]):
			return false, refuseLine(line, "something follows a closing quote in column %d", len(r.fields)+1).
				WithHint("quotes inside a quoted field are doubled")
		case len(r.fields) == MaxColumns:
			return false, tooManyColumns(line)
		}
		r.fields = append(r.fields, r.formulaText(field))
		if len(rest) == 0 {
			return true, nil
		}
		text = rest[1:]
	}
}

// formulaText takes ="0012345" for the text in it: people write a number so, in a
// list for a spreadsheet, that it keeps its zeros. No other formula is read.
func (r *Reader) formulaText(field []byte) []byte {
	text, is := bytes.CutPrefix(field, []byte(`="`))
	if is {
		text, is = bytes.CutSuffix(text, []byte(`"`))
	}
	if !is || bytes.IndexByte(text, '"') >= 0 {
		return field
	}
	r.formulas = true
	return text
}

// unquote takes a field behind its opening quote; rest begins with what follows the
// blanks behind it, but for one that is the delimiter.
func (r *Reader) unquote(text []byte) (field, rest []byte, closed bool) {
	if r.scratch == nil {
		r.scratch = make([]byte, 0, MaxRow) // never grows: earlier fields lie in it
	}
	begin := len(r.scratch)
	for n := bytes.IndexByte(text, '"'); n >= 0; n = bytes.IndexByte(text, '"') {
		field, text = text[:n], text[n+1:]
		last := len(text) == 0 || text[0] != '"'
		if len(r.scratch) > begin || !last { // what has doubled quotes is copied without them
			r.scratch = append(r.scratch, field...)
			field = r.scratch[begin:]
		}
		if last {
			for len(text) > 0 && r.blank(text[0]) && (len(text) == 1 || r.delim != ' ' || r.blank(text[1])) {
				text = text[1:]
			}
			return field, text, true
		}
		r.scratch = append(r.scratch, '"')
		text = text[1:]
	}
	return nil, nil, false
}
