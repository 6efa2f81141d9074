package table

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
func (r *Reader) checkWidth(rec *seedfile.Record, row rows.Row) {
	n := len(row.Fields)
	torn := row.Unended || n < r.Columns.At(Kind)
	if want := r.width.of(rec.Params.Type, torn); want > 0 {
		CheckWidth(rec, row, want)
	}
	switch {
	case n < 2 && row.Sheet != "":
		rec.Fail("the row has 1 column; %s has a serial and a seed at least", r.Family.Name)
	case n < 2:
		rec.Fail("the row has 1 column; %s has a serial and a seed at least (is the delimiter a comma, semicolon or tab?)", r.Family.Name)
	case !r.Named && n < r.Family.Least:
		rec.Fail("the row has %d columns; %s has %d", n, r.Family.Name, r.Family.Least)
	case r.most > 0 && !row.BlankFrom(r.most):
		rec.Fail("the row has %d columns; %s has at most %d", n, r.Family.Name, r.most)
	}
}

// checkEnd looks for a last line that was cut inside its last column: 3 may be
// what is left of 30, and nothing what is left of sha256.
func (r *Reader) checkEnd(rec *seedfile.Record, row rows.Row) {
	r.CheckEnd(rec, row, func(before, text []byte) bool {
		return r.mayBeCut(rec.Params.Type, len(row.Fields), before, text)
	})
	r.lastType = rec.Params.Type
	last := len(row.Fields)
	if row.Unended && r.records == 1 && last == r.Columns.At(Seed) && !usualSeed(row.Fields[last-1]) {
		rec.Fail("the file seems cut off: its only line has no end, and its seed a length that hardly any token's has; " +
			"fetch the delivery again, or if it is whole end the line in a copy of it")
	}
}

// usualSeed reports whether a seed has as many characters as one of 10, 16, 20, 24,
// 32 or 64 bytes has in an encoding, padded or not.
func usualSeed(text []byte) bool {
	n := len(bytes.TrimRight(text, "="))
	for _, size := range []int{10, 16, 20, 24, 32, 64} {
		if n == 2*size || n == (size*8+4)/5 || n == (size*8+5)/6 {
			return true
		}
	}
	return false
}

// mayBeCut compares the last field of a file with that of the row before. A
// serial or seed that is shorter is suspect whatever it begins with; a counter
// unless it is the one before or zero: 12 may be what is left of 1234.
func (r *Reader) mayBeCut(t token.Type, last int, before, text []byte) bool {
	switch last {
	case r.Columns.At(Serial), r.Columns.At(Seed):
		return len(text) < len(before)
	case r.Columns.At(Counter):
		return t != token.TOTP && !wholeCounter(before, text)
	case r.Columns.At(Moving):
		if t != token.TOTP {
			return !wholeCounter(before, text)
		} else if t != r.lastType {
			return false
		}
	}
	return len(text) < len(before) && bytes.HasPrefix(before, text)
}

func wholeCounter(before, text []byte) bool {
	return string(text) == "0" || bytes.Equal(before, text)
}

// Full reports whether a row without a header has all the columns of the family.
func (r *Reader) Full(fields [][]byte) bool { return !r.Named && len(fields) == r.most }
