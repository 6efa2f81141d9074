// Package table holds what the families share whose files are rows of columns:
// how rows are taken, what is wrong with a row's width or with a last line that
// was cut off, and the notes on the file. Most of them differ in little but the
// order of their columns: such a one is a Family, whose Reader knows the columns
// of seed files, their names in headers, and how each is read.
package table

import (
	"bytes"
	"fmt"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
)

// MaxShown is the largest number that messages repeat: a longer one may be a
// seed in the wrong column.
const MaxShown = 99_999

// NoteUnended is the remark on a text that may be cut off.
const NoteUnended = "the last line has no line end: compare the number of records with the delivery note"

// File is one file while it is read. Its family sets Columns and Named with the
// first row.
type File[C ~int] struct {
	Columns rows.Columns[C]
	Named   bool // there is a header

	rows    *rows.Reader
	cells   cells
	begun   bool
	records int
	unended bool
	last    []byte // the last field of the row before

	marked  int       // serials and seeds with an apostrophe in front
	watched []telling // columns that are not read
	width   int       // of the rows that they are judged by
	said    seedfile.FieldSet
	hint    string
}

// Open begins to read a file.
func Open[C ~int](in *rows.Reader) File[C] { return File[C]{rows: in} }

// Row gives the next row, header or not.
func (f *File[C]) Row() (rows.Row, error) {
	row, err := f.rows.Next()
	if err == nil && !f.begun {
		f.begun = true
		err = checkFirstCells(row)
	}
	if err == io.EOF {
		if told := f.told(); told != nil {
			err = told
		}
	}
	return row, seedfile.ReadError(err)
}

// noteMarked: no serial begins with an apostrophe, and no encoding of a seed has one.
const noteMarked = "an apostrophe in front of a serial or seed, with which people tell a spreadsheet that a number is text, was left out: %d times"

// Unmarked is a field that is a serial or a seed without the apostrophe in front
// that marks it as text.
func (f *File[C]) Unmarked(row rows.Row, c C) []byte {
	text := f.Columns.Field(row.Fields, c)
	if bare, is := bytes.CutPrefix(text, []byte("'")); is && len(bare) > 0 {
		f.marked++
		return bare
	}
	return text
}

// Comment is the file's first line, where it is one.
func (f *File[C]) Comment() string { return f.rows.Comment() }

// Record begins the record of a row.
func (f *File[C]) Record(row rows.Row) seedfile.Record {
	f.records++
	f.unended = row.Unended
	f.see(row.Fields)
	return seedfile.Record{Place: place(row)}
}

// CheckWidth wants as many columns as the header or the rows before have: a row
// that lost one would be read with another in its place.
func CheckWidth(rec *seedfile.Record, row rows.Row, want int) {
	n := len(row.Fields)
	switch {
	case n < want && row.Unended:
		rec.Fail("the file seems cut off: its last line has no end and %d of %d columns; fetch the delivery again", n, want)
	case n < want:
		rec.Fail("the row has %d of %d columns; a column may be empty but not missing", n, want)
	case !row.BlankFrom(want):
		rec.Fail("the row has %d columns where the file has %d", n, want)
	}
}

// FailRow refuses a row that is not what its family writes, which the last one may
// be for want of its end.
func FailRow(rec *seedfile.Record, row rows.Row, format string, args ...any) {
	if row.Unended {
		rec.Fail("the file seems cut off: its last line has no end, and is not whole; fetch the delivery again")
		return
	}
	rec.Fail(format, args...)
}

// CheckEnd looks for a last line that was cut inside its last column: mayBeCut
// judges that by the last column of the row before. Every row is shown to it,
// for the sake of the next.
func (f *File[C]) CheckEnd(rec *seedfile.Record, row rows.Row, mayBeCut func(before, text []byte) bool) {
	text := row.Fields[len(row.Fields)-1]
	if row.Unended && mayBeCut(f.last, text) {
		rec.Fail("the file seems cut off: its last line has no end, and its last column may be what is left of a longer one; " +
			"fetch the delivery again, or if it is whole end the line in a copy of it")
	}
	f.last = append(f.last[:0], text...)
}

// Notes are the remarks on the file, which the family's name completes.
func (f *File[C]) Notes(family string) []fault.Text {
	notes := f.rows.Notes()
	notes = append(notes, f.cells.notes()...)
	if ignored := f.Columns.IgnoredNote(family); ignored != "" {
		notes = append(notes, ignored)
	}
	if f.marked > 0 {
		notes = append(notes, fmt.Sprintf(noteMarked, f.marked))
	}
	if f.unended {
		notes = append(notes, NoteUnended)
	}
	if f.Named && f.records == 0 {
		notes = append(notes, seedfile.OnlyHeader)
	}
	return seedfile.Notes(notes...)
}

// Refuse refuses a file for its header, in line with the place and a remedy.
func Refuse(header rows.Row, hint, format string, args ...any) error {
	return fault.Errorf(fault.Refused, "%s: "+format, append([]any{place(header)}, args...)...).WithHint("%s", hint)
}

// place is where a row stands: a line of a text, a row of a sheet.
func place(row rows.Row) seedfile.Place {
	if row.Sheet != "" {
		return seedfile.Place{Unit: "row", N: row.Line}
	}
	return seedfile.Place{N: row.Line}
}

// CheckTwice refuses a header that names a column a second time.
func CheckTwice[C interface {
	~int
	String() string
}](names rows.Names[C], columns rows.Columns[C], header rows.Row) error {
	col, first, second, found := names.Twice(columns, header.Fields)
	if !found {
		return nil
	}
	return Refuse(header, "name each column once", "the header names the %s twice, in columns %d and %d", col, first, second)
}

// Number reads a whole number of the file: digits and nothing else, up to
// 2^63-1.
func Number(text []byte) (n int64, given, ok bool) {
	for _, c := range text {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (1<<63-1-d)/10 {
			return 0, true, false
		}
		n = n*10 + d
	}
	return n, len(text) > 0, len(text) > 0
}
