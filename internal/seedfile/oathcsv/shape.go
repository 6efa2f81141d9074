package oathcsv

import (
	"bytes"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// widths are the columns that the rows of each type have: HOTP rows may lack
// the step and hash that TOTP rows have. With a header all rows have its width.
type widths map[token.Type]int

// of is the width that a row should have, 0 when that is not known yet. A row
// that may have lost its type with the rest is measured by the widest of any.
func (w widths) of(t token.Type, torn bool) int {
	want, known := w[t]
	if known || !torn {
		return want
	}
	for _, n := range w {
		want = max(want, n)
	}
	return want
}

// learn takes the first sound row of a type for the measure of the others.
func (w widths) learn(t token.Type, n int) {
	if _, known := w[t]; !known {
		w[t] = n
	}
}

// checkWidth wants as many columns as the file's other rows of the type have:
// a row that lost one would be read with a default in its place.
func (r *reader) checkWidth(rec *seedfile.Record, row rows.Row) {
	n := len(row.Fields)
	torn := row.Unended || n <= r.layout[kind]
	want := r.width.of(rec.Params.Type, torn)
	known := want > 0
	switch {
	case known && n < want && row.Unended:
		rec.Fail("the file seems cut off: its last line has no end and %d of %d columns; fetch the delivery again", n, want)
	case known && n < want:
		rec.Fail("the row has %d of %d columns; a column may be empty but not missing", n, want)
	case known && n > want && !blankFrom(row.Fields, want):
		rec.Fail("the row has %d columns, those before have %d", n, want)
	case n < 2:
		rec.Fail("the row has 1 column; %s has a serial and a seed at least (is the delimiter a comma, semicolon or tab?)", Name)
	case !r.named && !blankFrom(row.Fields, maxColumns):
		rec.Fail("the row has %d columns; %s has at most %d", n, Name, maxColumns)
	}
}

func blankFrom(fields [][]byte, n int) bool {
	for _, f := range fields[min(n, len(fields)):] {
		if len(f) > 0 {
			return false
		}
	}
	return true
}

// checkEnd looks for a last line that was cut inside its last column: 3 may be
// what is left of 30, and nothing what is left of sha256.
func (r *reader) checkEnd(rec *seedfile.Record, row rows.Row) {
	last := len(row.Fields) - 1
	text := row.Fields[last]
	if row.Unended && r.mayBeCut(rec.Params.Type, last, text) {
		rec.Fail("the file seems cut off: its last line has no end, and its last column is shorter than the one before; fetch the delivery again")
	}
	r.lastField, r.lastType = append(r.lastField[:0], text...), rec.Params.Type
}

// mayBeCut compares the last field of a file with that of the row before. A
// counter may well be shorter, but not missing; a serial or seed that is shorter
// is suspect whatever it begins with.
func (r *reader) mayBeCut(t token.Type, last int, text []byte) bool {
	if len(text) >= len(r.lastField) {
		return false
	}
	switch last {
	case r.layout[serial], r.layout[seed]:
		return true
	case r.layout[counter]:
		return len(text) == 0
	case r.layout[moving]:
		if t != r.lastType || t != token.TOTP && len(text) > 0 {
			return false
		}
	}
	return bytes.HasPrefix(r.lastField, text)
}
