package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The canonical CSV: RFC 4180, every field in double quotes, lines end in CR LF, an
// apostrophe before text that a spreadsheet would run.

// OutBuffer is how much is handed to a file at once.
const OutBuffer = 64 << 10

// WriteError says that an export could not be written.
func WriteError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing the export: %w", err)
}

// WriteCSV writes a sheet with the names of its columns.
func WriteCSV(w io.Writer, s Sheet) error {
	out := bufio.NewWriterSize(w, OutBuffer)
	line := AppendHeader(nil, s.Heads)
	_, _ = out.Write(line) // Flush tells of the error
	err := s.Each(func(_ any, values []Value) error {
		line = AppendLine(line[:0], values)
		_, err := out.Write(line)
		return WriteError(err)
	})
	if err != nil {
		return err
	}
	return WriteError(out.Flush())
}

// AppendHeader appends the line of the names.
func AppendHeader(b []byte, heads []Head) []byte {
	for i := range heads {
		b = append(TextOf(heads[i].Name).appendCSV(b), ',')
	}
	return endLine(b)
}

// AppendLine appends the line of a row.
func AppendLine(b []byte, values []Value) []byte {
	for i := range values {
		b = append(values[i].appendCSV(b), ',')
	}
	return endLine(b)
}

// endLine puts the end of the line in place of the last comma.
func endLine(b []byte) []byte { return append(bytes.TrimSuffix(b, []byte(",")), '\r', '\n') }

// appendCSV appends the value as one quoted field.
func (v Value) appendCSV(b []byte) []byte {
	b = append(b, '"')
	if v.Kind != Text {
		return append(v.appendPlain(b), '"')
	}
	if startsFormula(v.Text) {
		b = append(b, '\'')
	}
	for i := range len(v.Text) {
		if v.Text[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, v.Text[i])
	}
	return append(b, '"')
}

// startsFormula reports whether a spreadsheet that opens CSV may run the field
// (CWE-1236; the list is that of OWASP).
func startsFormula(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	}
	if s[0] < utf8.RuneSelf { // of nearly all texts
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("＝＋－＠", r)
}

// Guard puts an apostrophe before text that a spreadsheet would run as a formula, as
// canonical CSV does, for other lists that people open in one.
func Guard(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// Unguard takes off the apostrophe that Guard puts before text.
func Unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && startsFormula(s[1:]) {
		return s[1:]
	}
	return s
}

// ParseCSV is the inverse of how canonical CSV spells a value; what is not of its
// kind is text.
func ParseCSV(field string, k Kind) Value {
	if field == "" {
		return Value{}
	}
	var err error
	v := Value{Kind: k}
	switch k {
	case Int:
		v.Int, err = strconv.ParseInt(field, 10, 64)
	case Decimal:
		v.Float, err = strconv.ParseFloat(field, 64)
	case Time:
		v.Time, err = time.Parse(time.RFC3339, field)
		v.Time = v.Time.UTC()
	case Bool:
		var is bool
		is, err = strconv.ParseBool(field)
		v = BoolOf(is)
	default:
		return TextOf(Unguard(field))
	}
	if err != nil {
		return TextOf(field)
	}
	return v
}

// maxLine bounds one row of canonical CSV: of 50 fields the longest that people type
// are a few hundred letters.
const maxLine = 1 << 20

// Lines reads canonical CSV row by row. It is as strict as a hash of it is: other CSV
// is an error.
type Lines struct {
	Line []byte // the row as it stands
	At   int64  // where it begins
	in   *bufio.Reader
	n    int // its number, the header is 1
}

// NewLines begins to read.
func NewLines(r io.Reader) *Lines { return &Lines{in: bufio.NewReaderSize(r, OutBuffer)} }

// Next reads the fields of the next row; io.EOF behind the last. Line and fields are
// overwritten by the row after it.
func (l *Lines) Next() ([][]byte, error) {
	l.At += int64(len(l.Line))
	l.Line = l.Line[:0]
	l.n++
	quotes := 0
	for {
		piece, err := l.in.ReadSlice('\n')
		l.Line = append(l.Line, piece...)
		quotes += bytes.Count(piece, []byte{'"'})
		switch {
		case err == io.EOF && len(l.Line) == 0:
			return nil, io.EOF
		case err == io.EOF:
			return nil, l.Wrong("it ends within a row")
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(l.Line) > maxLine:
			return nil, l.Wrong("a row of more than 1 MB")
		case err == nil && quotes%2 == 0:
			fields, err := SplitLine(l.Line)
			if err != nil {
				return nil, l.Wrong(err.Error())
			}
			return fields, nil
		}
	}
}

// Wrong is an error about the row.
func (l *Lines) Wrong(what string) error { return fmt.Errorf("line %d: %s", l.n, what) }

// SplitLine returns the fields of one row, without quotes and with the apostrophes
// that guard text.
func SplitLine(line []byte) (fields [][]byte, err error) {
	rest, ok := bytes.CutSuffix(line, []byte("\r\n"))
	for ok && len(rest) > 0 {
		var field []byte
		if field, rest, ok = cutField(rest); ok {
			fields = append(fields, field)
		}
	}
	if !ok {
		return nil, errors.New("a field without quotes, or with something behind them")
	}
	return fields, nil
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
