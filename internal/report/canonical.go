package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"fob/internal/fault"
	"io"
	"strconv"
	"time"
)

// maxLine bounds one row of canonical CSV: of 49 fields the longest that people
// type are a few hundred letters.
const maxLine = 1 << 20

// lineReader reads canonical CSV, as WriteCSV makes it, row by row. It is as strict
// as the hash is: other CSV is an error.
type lineReader struct {
	in     *bufio.Reader
	line   []byte
	fields [][]byte
	at     int64 // where the row of line begins
	n      int   // rows so far, with the header
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, outBuffer)}
}

// next reads a row into line; io.EOF behind the last.
func (r *lineReader) next() error {
	r.at += int64(len(r.line))
	r.line = r.line[:0]
	quotes := 0
	for {
		piece, err := r.in.ReadSlice('\n')
		r.line = append(r.line, piece...)
		quotes += bytes.Count(piece, []byte{'"'})
		switch {
		case err == io.EOF && len(r.line) == 0:
			return io.EOF
		case err == io.EOF:
			return r.wrong("it ends within a row")
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		case len(r.line) > maxLine:
			return r.wrong("a row of more than 1 MB")
		case err == nil && quotes%2 == 0:
			r.n++
			return nil
		}
	}
}

func (r *lineReader) wrong(what string) error { return fmt.Errorf("line %d: %s", r.n+1, what) }

// split gives the fields of the row, without quotes and with the apostrophes that
// guard text. They are overwritten by the next row's.
func (r *lineReader) split() ([][]byte, error) {
	r.fields = r.fields[:0]
	rest, ok := bytes.CutSuffix(r.line, []byte("\r\n"))
	for ok && len(rest) > 0 {
		var field []byte
		if field, rest, ok = cutField(rest); ok {
			r.fields = append(r.fields, field)
		}
	}
	if !ok {
		r.n--
		return nil, r.wrong("a field without quotes, or with something behind them")
	}
	return r.fields, nil
}

// cutField takes the first field off a row, with the comma behind it.
func cutField(b []byte) (field, rest []byte, ok bool) {
	if b[0] != '"' {
		return nil, nil, false
	}
	b = b[1:]
	end := bytes.IndexByte(b, '"')
	for end >= 0 && end+1 < len(b) && b[end+1] == '"' {
		next := bytes.IndexByte(b[end+2:], '"')
		if next < 0 {
			return nil, nil, false
		}
		end += 2 + next
	}
	if end < 0 {
		return nil, nil, false
	}
	field, rest = b[:end], b[end+1:]
	if bytes.IndexByte(field, '"') >= 0 {
		field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
	}
	if len(rest) == 0 {
		return field, rest, true
	}
	return field, rest[1:], rest[0] == ',' && len(rest) > 1
}

// canonicalValue is the inverse of value.appendCSV; what is not of its kind is text.
func canonicalValue(text []byte, k kind) value {
	field := string(text)
	if field == "" {
		return value{}
	}
	var err error
	v := value{kind: k}
	switch k {
	case whole:
		v.whole, err = strconv.ParseInt(field, 10, 64)
	case decimal:
		v.real, err = strconv.ParseFloat(field, 64)
	case instant:
		v.at, err = time.Parse(time.RFC3339, field)
		v.at = v.at.UTC()
	case truth:
		var is bool
		if is, err = strconv.ParseBool(field); is {
			v.whole = 1
		}
	default:
		return wordsOf(unguarded(field))
	}
	if err != nil {
		return wordsOf(field)
	}
	return v
}

// unguarded takes off the apostrophe that GuardCSV puts before text.
func unguarded(s string) string {
	if len(s) > 1 && s[0] == '\'' && startsFormula(s[1:]) {
		return s[1:]
	}
	return s
}

// plain is the value as text, as CSV spells it but for quotes and apostrophes; nil
// for nothing.
func (v value) plain() *string {
	switch v.kind {
	case nothing:
		return nil
	case words:
		return &v.words
	}
	return new(v.asText().words)
}

// shown is the value as a report's column gives it.
func (v value) shown() any {
	switch v.kind {
	case nothing:
		return nil
	case whole:
		return v.whole
	case decimal:
		return &v.real
	case instant:
		return v.at
	case truth:
		return v.whole != 0
	}
	return v.words
}

// same reports whether two values are spelt the same in canonical CSV.
func (v value) same(w value) bool {
	return v.kind == w.kind && v.words == w.words && v.whole == w.whole && v.real == w.real && v.at.Equal(w.at)
}

// unlike refuses what is no export, or has rows that are none of an inventory.
func unlike(name string, err error) error {
	return fault.Errorf(fault.Refused, "%s is no inventory that fob exported: %v", name, err).
		WithHint("compare with the file as fob wrote it: a spreadsheet that saves it again changes it")
}
