package oathcsv

import (
	"bytes"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
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
	torn := row.Unended || n < r.Columns.At(kind)
	if want := r.width.of(rec.Params.Type, torn); want > 0 {
		table.CheckWidth(rec, row, want)
	}
	switch {
	case n < 2:
		rec.Fail("the row has 1 column; %s has a serial and a seed at least (is the delimiter a comma, semicolon or tab?)", Name)
	case !r.Named && !row.BlankFrom(maxColumns):
		rec.Fail("the row has %d columns; %s has at most %d", n, Name, maxColumns)
	}
}

// checkEnd looks for a last line that was cut inside its last column: 3 may be
// what is left of 30, and nothing what is left of sha256.
func (r *reader) checkEnd(rec *seedfile.Record, row rows.Row) {
	r.CheckEnd(rec, row, func(before, text []byte) bool {
		return r.mayBeCut(rec.Params.Type, len(row.Fields), before, text)
	})
	r.lastType = rec.Params.Type
}

// mayBeCut compares the last field of a file with that of the row before. A
// counter may well be shorter, but not missing; a serial or seed that is shorter
// is suspect whatever it begins with.
func (r *reader) mayBeCut(t token.Type, last int, before, text []byte) bool {
	if len(text) >= len(before) {
		return false
	}
	switch last {
	case r.Columns.At(serial), r.Columns.At(seed):
		return true
	case r.Columns.At(counter):
		return len(text) == 0
	case r.Columns.At(moving):
		if t != r.lastType || t != token.TOTP && len(text) > 0 {
			return false
		}
	}
	return bytes.HasPrefix(before, text)
}
