package sheet

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is what a column or a value holds; it decides how a cell looks and how CSV
// spells it.
type Kind int

// The kinds. Empty is a value of which nothing is known.
const (
	Empty Kind = iota
	Text
	Int
	Decimal
	Time
	Bool
)

// String names a kind as the dictionary of a workbook does: with the names of the
// fields it makes a workbook readable back, also one of another version of fob.
func (k Kind) String() string {
	return [...]string{"", "text", "whole number", "decimal number", "time (UTC)", "true or false"}[k]
}

// KindNamed is the kind of a name in a dictionary; Empty for any other text.
func KindNamed(name string) Kind {
	for k := Text; k <= Bool; k++ {
		if k.String() == name {
			return k
		}
	}
	return Empty
}

// Value is one field of a row, ready for a cell or for CSV. Only the member that
// its kind names is set.
type Value struct {
	Kind  Kind
	Text  string
	Int   int64 // also of Bool: 0 or 1
	Float float64
	Time  time.Time
}

// TextOf is a text; an empty one is Empty.
func TextOf[S ~string](s S) Value {
	if s == "" {
		return Value{}
	}
	return Value{Kind: Text, Text: printable(string(s))}
}

// IntOf is a whole number.
func IntOf[N ~int | ~int64](n N) Value { return Value{Kind: Int, Int: int64(n)} }

// DecimalOf rounds to three decimals: milliseconds and parts per billion are below
// what drift can tell, and so few digits survive a spreadsheet unchanged.
func DecimalOf(x float64) Value {
	return Value{Kind: Decimal, Float: math.Round(x*1000)/1000 + 0} // + 0 makes -0 a 0
}

// TimeOf keeps whole seconds: a date cell shows no more, and its binary fraction of
// a day would not survive more exactly. A zero time is Empty.
func TimeOf(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return Value{Kind: Time, Time: t.UTC().Truncate(time.Second)}
}

// BoolOf is true or false.
func BoolOf(b bool) Value {
	v := Value{Kind: Bool}
	if b {
		v.Int = 1
	}
	return v
}

// at is a constructor for what may be missing.
func at[V any](of func(V) Value) func(*V) Value {
	return func(v *V) Value {
		if v == nil {
			return Value{}
		}
		return of(*v)
	}
}

// getter makes the function of a column out of one that returns a text, a number, a
// bool, a time or a pointer to one; with the kind that its values have.
func getter[R, V any](of func(*R) V) (Kind, func(*R) Value) {
	switch of := any(of).(type) {
	case func(*R) Value:
		return Text, of
	case func(*R) string:
		return Text, then(of, TextOf[string])
	case func(*R) *string:
		return Text, then(of, at(TextOf[string]))
	case func(*R) int:
		return Int, then(of, IntOf[int])
	case func(*R) *int:
		return Int, then(of, at(IntOf[int]))
	case func(*R) int64:
		return Int, then(of, IntOf[int64])
	case func(*R) *int64:
		return Int, then(of, at(IntOf[int64]))
	case func(*R) float64:
		return Decimal, then(of, DecimalOf)
	case func(*R) *float64:
		return Decimal, then(of, at(DecimalOf))
	case func(*R) time.Time:
		return Time, then(of, TimeOf)
	case func(*R) *time.Time:
		return Time, then(of, at(TimeOf))
	case func(*R) bool:
		return Bool, then(of, BoolOf)
	case func(*R) *bool:
		return Bool, then(of, at(BoolOf))
	}
	switch t := reflect.TypeFor[V](); { // a state, a serial
	case t.Kind() == reflect.String:
		return Text, func(r *R) Value { return TextOf(reflect.ValueOf(of(r)).String()) }
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.String:
		return Text, func(r *R) Value {
			if v := reflect.ValueOf(of(r)); !v.IsNil() {
				return TextOf(v.Elem().String())
			}
			return Value{}
		}
	default:
		panic(fmt.Sprintf("no column can hold a %v", t)) // a mistake in its declaration
	}
}

func then[R, V any](of func(*R) V, to func(V) Value) func(*R) Value {
	return func(r *R) Value { return to(of(r)) }
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

// Native is the value as Go has it: nil, a string, an int64, a float64, a time or a
// bool.
func (v Value) Native() any {
	switch v.Kind {
	case Text:
		return v.Text
	case Int:
		return v.Int
	case Decimal:
		return v.Float
	case Time:
		return v.Time
	case Bool:
		return v.Int != 0
	}
	return nil
}

// Plain is the value as text, as CSV spells it but for quotes and apostrophes; nil
// for Empty.
func (v Value) Plain() *string {
	switch v.Kind {
	case Empty:
		return nil
	case Text:
		return &v.Text
	}
	return new(string(v.appendPlain(nil)))
}

func (v Value) appendPlain(b []byte) []byte {
	switch v.Kind {
	case Text:
		b = append(b, v.Text...)
	case Int:
		b = strconv.AppendInt(b, v.Int, 10)
	case Decimal:
		b = strconv.AppendFloat(b, v.Float, 'f', -1, 64)
	case Time:
		b = v.Time.AppendFormat(b, time.RFC3339)
	case Bool:
		b = strconv.AppendBool(b, v.Int != 0)
	}
	return b
}

// Same reports whether two values are spelt the same in canonical CSV.
func (v Value) Same(w Value) bool {
	return v.Kind == w.Kind && v.Text == w.Text && v.Int == w.Int && v.Float == w.Float && v.Time.Equal(w.Time)
}
