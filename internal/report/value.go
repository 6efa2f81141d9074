package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is what a column or a value holds; it decides how a cell looks and how
// CSV spells it.
type kind int

const (
	nothing kind = iota
	words
	whole
	decimal
	instant
	truth
)

// value is one field of a row, ready for a cell or for CSV. Only the member
// that its kind names is set.
type value struct {
	kind  kind
	words string
	whole int64 // also truth: 0 or 1
	real  float64
	at    time.Time
}

func wordsOf[S ~string](s S) value {
	if s == "" {
		return value{}
	}
	return value{kind: words, words: printable(string(s))}
}

func wordsAt(s *string) value {
	if s == nil {
		return value{}
	}
	return wordsOf(*s)
}

func wholeOf[N ~int | ~int64](n N) value { return value{kind: whole, whole: int64(n)} }

func wholeAt[N ~int | ~int64](n *N) value {
	if n == nil {
		return value{}
	}
	return wholeOf(*n)
}

// decimalAt rounds to three decimals: milliseconds and parts per billion are
// below what drift can tell, and so few digits survive a spreadsheet unchanged.
func decimalAt(x *float64) value {
	if x == nil {
		return value{}
	}
	return value{kind: decimal, real: math.Round(*x*1000)/1000 + 0} // + 0 makes -0 a 0
}

// instantOf keeps whole seconds: a date cell shows no more, and its binary
// fraction of a day would not survive more exactly.
func instantOf(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return value{kind: instant, at: t.UTC().Truncate(time.Second)}
}

func instantAt(t *time.Time) value {
	if t == nil {
		return value{}
	}
	return instantOf(*t)
}

func truthOf(b bool) value {
	v := value{kind: truth}
	if b {
		v.whole = 1
	}
	return v
}

// printable replaces what XML cannot carry (control characters, broken UTF-8)
// by U+FFFD, visibly and alike in workbook and CSV. Refusing it would let one
// odd byte in a manufacturer's name keep the auditor from the whole inventory.
func printable(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return strings.Map(xmlRune, s)
		}
	}
	return s
}

// xmlRune maps what is no Char of XML 1.0 (section 2.2) to U+FFFD; broken
// UTF-8 arrives here as U+FFFD already.
func xmlRune(r rune) rune {
	switch {
	case r == '\t', r == '\n', r == '\r',
		r >= ' ' && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
		return r
	}
	return utf8.RuneError
}

// appendCSV appends the value as one quoted field.
func (v value) appendCSV(b []byte) []byte {
	b = append(b, '"')
	switch v.kind {
	case nothing:
	case words:
		b = appendWords(b, v.words)
	case whole:
		b = strconv.AppendInt(b, v.whole, 10)
	case decimal:
		b = strconv.AppendFloat(b, v.real, 'f', -1, 64)
	case instant:
		b = v.at.AppendFormat(b, time.RFC3339)
	case truth:
		b = strconv.AppendBool(b, v.whole != 0)
	}
	return append(b, '"')
}

func appendWords(b []byte, s string) []byte {
	if startsFormula(s) {
		b = append(b, '\'')
	}
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return b
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

// GuardCSV puts an apostrophe before text that a spreadsheet would run as a
// formula, as WriteCSV does, for other lists that people open in one.
func GuardCSV(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}
