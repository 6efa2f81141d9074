package table

import (
	"bytes"
	"iter"
	"slices"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// sniffRows is how many rows settle whether a file is of a family.
const sniffRows = 100

// FirstRows are the first rows of a sample, without the last one if the sample
// ends inside it.
func FirstRows(in *rows.Reader, s seedfile.Sample) iter.Seq[rows.Row] {
	return func(yield func(rows.Row) bool) {
		for n := 0; n < sniffRows; n++ {
			row, err := in.Next()
			if err != nil || row.Unended && !s.Whole && n > 0 || !yield(row) {
				return
			}
		}
	}
}

// SampleRows reads a sample as the operator says.
func SampleRows(s seedfile.Sample) *rows.Reader { return NewRows(bytes.NewReader(s.Data), s.Options) }

// Tally counts the rows of a sample, and those of them that are as expected.
type Tally struct{ Rows, Met int }

// Count judges the first rows of a sample, without columns at their ends that are
// empty in all of them. Half of them suffice: damaged ones are for the reader to
// name.
func Count(s seedfile.Sample, in *rows.Reader, is func(fields [][]byte) bool) Tally {
	var t Tally
	var all [][][]byte
	width := 0 // columns of which any has something in it
	for row := range FirstRows(in, s) {
		fields := slices.Clone(row.Fields)
		for i, f := range fields {
			if fields[i] = bytes.Clone(f); len(f) > 0 {
				width = max(width, i+1)
			}
		}
		all = append(all, fields)
	}
	for _, fields := range all {
		t.Rows++
		if is(fields[:min(len(fields), width)]) {
			t.Met++
		}
	}
	return t
}

// Most reports whether half of the rows are as expected.
func (t Tally) Most() bool { return t.Rows > 0 && 2*t.Met >= t.Rows }

// FirstRow is the first row of a sample.
func FirstRow(s seedfile.Sample) (rows.Row, error) { return SampleRows(s).Next() }

// IsSeed reports whether a text is a seed in an encoding, by what a token could
// have.
func IsSeed(text []byte, e seedfile.Encoding) bool {
	seed, err := seedfile.DecodeText(text, e)
	if err != nil {
		return false
	}
	n := seed.Len()
	seed.Clear()
	return n >= token.MinShortSeedLen
}

// IsNumber reports whether a text is a whole number.
func IsNumber(text []byte) bool {
	_, _, ok := Number(text)
	return ok
}
