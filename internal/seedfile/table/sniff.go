package table

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// sniffRows is how many rows settle whether a file is of a family.
const sniffRows = 100

// FirstRows are the first rows of a sample, which are the caller's own, without the
// last one if the sample ends inside it.
func FirstRows(in *rows.Reader, s seedfile.Sample) iter.Seq[rows.Row] {
	return func(yield func(rows.Row) bool) {
		for n := range sniffRows {
			row, err := in.Next()
			if err != nil || row.Unended && !s.Whole && n > 0 {
				return
			}
			row.Fields = slices.Clone(row.Fields)
			for i, f := range row.Fields {
				row.Fields[i] = bytes.Clone(f)
			}
			if !yield(row) {
				return
			}
		}
	}
}

// SampleRows reads a sample as the operator says.
func SampleRows(s seedfile.Sample) *rows.Reader { return NewRows(bytes.NewReader(s.Data), s.Options) }

// FirstRow is the first row of a sample.
func FirstRow(s seedfile.Sample) (rows.Row, error) { return SampleRows(s).Next() }

// Tally counts the rows of a sample, and those of them that are as expected.
type Tally struct{ Rows, Met int }

// Count judges the first rows of a sample, without columns at their ends that are
// empty in all of them.
func Count(s seedfile.Sample, in *rows.Reader, is func(fields [][]byte) bool) (t Tally) {
	var all [][][]byte
	width := 0 // columns of which any has something in it
	for row := range FirstRows(in, s) {
		for i, f := range row.Fields {
			if len(f) > 0 {
				width = max(width, i+1)
			}
		}
		all = append(all, row.Fields)
	}
	for _, fields := range all {
		t.Rows++
		t.Met += count(is(fields[:min(len(fields), width)]))
	}
	return t
}

// Most reports whether half of the rows are as expected: damaged ones are for the
// reader to name.
func (t Tally) Most() bool { return t.Rows > 0 && 2*t.Met >= t.Rows }

// Match is a family's answer if most of the rows are its own: what was seen in them,
// and how the family takes a file that another one takes otherwise.
func (t Tally) Match(what, reads string) seedfile.Match {
	if !t.Most() {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("%s in %d of the first %d rows", what, t.Met, t.Rows), Reads: reads}
}

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

// IsYubicoOTP reports whether a row is what Duo and others take for a YubiKey in its
// own mode: a public id of 12 letters, a private id and an AES key. A serial that a
// maker gave has a digit; one of 12 letters, all of them of the 16 of modhex, would be
// chance once in (26/16)^12, 300, beside a second column of 12 hex digits and a third of
// 32, which no table of OATH seeds has.
func IsYubicoOTP(fields [][]byte) bool {
	if len(fields) < 3 || len(fields[0]) != 12 || len(fields[1]) != 12 || len(fields[2]) != 32 {
		return false
	}
	return strings.Trim(strings.ToLower(string(fields[0])), "abcdefghijklmnopqrstuvwxyz") == "" && isHex(fields[1]) && isHex(fields[2])
}

func isHex(f []byte) bool { return strings.Trim(strings.ToLower(string(f)), "0123456789abcdef") == "" }

// IsNumber reports whether a text is a whole number.
func IsNumber(text []byte) bool {
	_, _, ok := Number(text)
	return ok
}
