package sheet

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
)

// Limits of a cell: Excel keeps 15 digits of a number and 32,767 UTF-16 units
// of a text, and its calendar begins in 1900, with a day that never was at the
// end of February.
const (
	maxExact = 999_999_999_999_999
	maxText  = excelize.TotalCellChars
)

var (
	calendarStart = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	calendarZero  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
)

const secondsOfDay = 24 * 60 * 60

// forCell is the value as a cell can hold it: what Excel's numbers and calendar
// cannot hold exactly becomes text, spelt as in CSV. No text in a cell is ever run,
// but one that could be in a CSV file has the apostrophe that it has there: a
// spreadsheet that saves the sheet as CSV would not put it in. A text that is too
// long is an error; it is never cut.
func (v Value) forCell() (Value, error) {
	switch v.Kind {
	case Text:
		v.Text = Guard(v.Text)
		return v, checkLength(v.Text)
	case Int:
		if v.Int > maxExact || v.Int < -maxExact {
			return v.asText(), nil
		}
	case Time:
		if v.Time.Before(calendarStart) || v.Time.Year() > 9999 {
			return v.asText(), nil
		}
	}
	return v, nil
}

func (v Value) asText() Value {
	quoted := v.appendCSV(nil)
	return Value{Kind: Text, Text: string(quoted[1 : len(quoted)-1])}
}

// appendCell appends the cell as SpreadsheetML (ECMA-376 part 1, 18.3.1.4): text
// inline, so that nothing has to be held, and always as text.
func appendCell(b []byte, column string, row []byte, style int, v Value) []byte {
	b = append(b, `<c r="`...)
	b = append(b, column...)
	b = append(b, row...)
	b = append(b, `" s="`...)
	b = strconv.AppendInt(b, int64(style), 10)
	switch v.Kind {
	case Text:
		b = append(b, `" t="inlineStr"><is><t xml:space="preserve">`...)
		b = appendXML(b, v.Text)
		return append(b, `</t></is></c>`...)
	case Bool:
		b = append(b, `" t="b"><v>`...)
		b = strconv.AppendInt(b, v.Int, 10)
	case Int:
		b = append(b, `"><v>`...)
		b = strconv.AppendInt(b, v.Int, 10)
	case Decimal:
		b = append(b, `"><v>`...)
		b = strconv.AppendFloat(b, v.Float, 'g', -1, 64)
	case Time:
		b = append(b, `"><v>`...)
		b = appendSerialDate(b, v.Time.Unix()-calendarZero)
	}
	return append(b, `</v></c>`...)
}

// appendSerialDate appends days since Excel's day 0, the time of day as a
// fraction of ten digits: a second is 0.0000115741.
func appendSerialDate(b []byte, seconds int64) []byte {
	const digits, one = 10, 10_000_000_000
	b = strconv.AppendInt(b, seconds/secondsOfDay, 10)
	fraction := (seconds%secondsOfDay*one + secondsOfDay/2) / secondsOfDay
	if fraction == 0 {
		return b
	}
	b = append(b, '.')
	var text [digits]byte
	for i := digits - 1; i >= 0; i-- {
		text[i] = byte('0' + fraction%10)
		fraction /= 10
	}
	return append(b, strings.TrimRight(string(text[:]), "0")...)
}

// appendXML escapes what XML reads as its own, and what Excel reads in its place:
// _x0041_ in a text stands for an A there (ST_Xstring, 22.9.2.19).
func appendXML(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var with string
		switch c := s[i]; {
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '\r':
			with = "&#13;"
		case c == '_' && isEscape(s[i:]):
			with = "_x005F_"
		default:
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, with...)
		from = i + 1
	}
	return append(b, s[from:]...)
}

// escapeEscapes does for excelize the last of this, which it leaves out in the texts
// that cells share.
func escapeEscapes(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && isEscape(s[i:]) {
			b.WriteString("_x005F_")
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isEscape reports whether a text begins with _xHHHH_.
func isEscape(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	for _, c := range []byte(s[2:6]) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// checkLength refuses what a cell cannot hold.
func checkLength(s string) error {
	if len(s) <= maxText {
		return nil
	}
	units := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x10000 {
			units++
		}
	}
	if units <= maxText {
		return nil
	}
	return fault.Errorf(fault.Refused, "a text of %d characters, a cell holds %d", units, maxText).
		WithHint("export as .csv, .zip or .json, which have no such limit")
}
