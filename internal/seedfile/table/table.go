// Package table holds what the families share whose files are rows of columns:
// how rows are taken, what is wrong with a row's width, with the cells of a sheet or
// with a last line that was cut off, and the notes on the file. Most of the families
// differ in little but the order of their columns: such a one is a Family, whose
// Reader knows the columns of seed files, their names in headers, and how each is
// read.
package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"

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
type File struct {
	Columns Layout
	Named   bool // there is a header
	Least   int  // columns that it names, to the last; 0: there is none

	rows    *rows.Reader
	begun   bool
	records int
	unended bool
	last    []byte // the last field of the row before
	wide    bool   // a row had all its columns
	full    int    // the last column in which anything stood so far
	marked  int    // serials and seeds with an apostrophe in front
	watch   watch

	// Of a sheet: serials that are numbers, those of them whose format shows their
	// zeros, and the digits and row of the first that shows none.
	numbers, padded, digits, row int
	uneven                       error

	maker, model string // of the row before: files have few
}

// Open begins to read a file.
func Open(in *rows.Reader) File { return File{rows: in} }

// NewRows makes rows of a text as the operator says.
func NewRows(r io.Reader, o seedfile.Options) *rows.Reader {
	return rows.NewWith(r, rows.Options{Delimiter: o.Delimiter, SkipLines: o.SkipRows, Sheet: o.Sheet})
}

// Row returns the next row, header or not. A first row that is not what it shows is
// refused, and at the end a file whose columns say more than is read of it.
func (f *File) Row() (rows.Row, error) {
	row, err := f.rows.Next()
	if err == nil && !f.begun {
		f.begun = true
		for i, kind := range row.Kinds {
			if kind == rows.Formula || kind == rows.Failed {
				return row, Refuse(row, "cell %s holds %s", cellName(row, i), kind).WithHint(plainCell)
			}
		}
	}
	if err == io.EOF {
		if told := f.told(); told != nil {
			err = told
		}
	}
	return row, seedfile.ReadError(err)
}

// Unmarked is a field that is a serial or a seed without the apostrophe in front
// that marks it as text for a spreadsheet: no serial begins with one, and no
// encoding of a seed has one.
func (f *File) Unmarked(row rows.Row, c Column) []byte {
	text := f.Columns.Field(row.Fields, c)
	if bare, is := bytes.CutPrefix(text, []byte("'")); is && len(bare) > 0 {
		f.marked++
		return bare
	}
	return text
}

// ReadSerial reads a serial, and whether it is marked as text.
func (f *File) ReadSerial(rec *seedfile.Record, row rows.Row) {
	before := f.marked
	rec.Serial = string(f.Unmarked(row, Serial))
	rec.AsText = f.marked > before
}

// Comment is the file's first line, where it is one.
func (f *File) Comment() string { return f.rows.Comment() }

// Record begins the record of a row.
func (f *File) Record(row rows.Row) seedfile.Record {
	f.records++
	f.unended = row.Unended
	f.watch.see(row.Fields)
	for i := len(row.Fields); i > f.full; i-- {
		if len(row.Fields[i-1]) > 0 {
			f.full = i
		}
	}
	return seedfile.Record{Place: place(row)}
}

// ReadMaker reads who made a token: files have few makers.
func (f *File) ReadMaker(rec *seedfile.Record, fields [][]byte) {
	for _, word := range []struct {
		column Column
		before *string
		to     *string
	}{{Manufacturer, &f.maker, &rec.Manufacturer}, {Model, &f.model, &rec.Model}} {
		if !f.Columns.Has(word.column) {
			continue
		}
		if text := f.Columns.Field(fields, word.column); *word.before != string(text) {
			*word.before = string(text)
		}
		*word.to = *word.before
	}
}

// CheckWidth wants as many columns as the header or the rows before have: a row
// that lost one would be read with another in its place.
func (f *File) CheckWidth(rec *seedfile.Record, row rows.Row, want int) {
	n := len(row.Fields)
	switch {
	case n >= want:
		f.wide = true
	case f.Least > 0 && n >= f.Least && !row.Unended:
		return // the others have no names
	case n > 0 && f.wide && f.full <= n && len(row.Fields[n-1]) > 0 && !row.Unended:
		// Excel leaves out the delimiters of a last column that is empty, from the 17th
		// row on. Had another column been lost, the empty one would stand in the place
		// of the last that is full.
		return
	}
	switch {
	case n < want && row.Unended:
		rec.Fail("the file seems cut off: its last line has no end and %d of %d columns; fetch the delivery again", n, want)
	case n < want:
		rec.Fail("the row has %d of %d columns; a column may be empty but not missing", n, want)
	case !row.BlankFrom(want):
		rec.Fail("the row has %d columns where the file has %d", n, want)
	}
}

// Width is how many columns a header names: what is behind them has no name, and the
// rows need not have it.
func Width(header rows.Row) int {
	n := len(header.Fields)
	for n > 0 && len(header.Fields[n-1]) == 0 {
		n--
	}
	return n
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
func (f *File) CheckEnd(rec *seedfile.Record, row rows.Row, mayBeCut func(before, text []byte) bool) {
	text := row.Fields[len(row.Fields)-1]
	if row.Unended && mayBeCut(f.last, text) {
		rec.Fail("the file seems cut off: its last line has no end, and its last column may be what is left of a longer one; " +
			"fetch the delivery again, or if it is whole end the line in a copy of it")
	}
	f.last = append(f.last[:0], text...)
}

// Notes are the remarks on the file, which the family's name completes.
func (f *File) Notes(family string) []fault.Text {
	notes := f.rows.Notes()
	note := func(is bool, format string, args ...any) {
		if is {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	note(f.numbers > f.padded, "%d serials stand in the sheet as numbers: whether they have lost zeros in front cannot be seen; compare with the devices", f.numbers-f.padded)
	note(f.padded > 0, "%d serials stand in the sheet as numbers and were taken with the zeros that the cells' format shows; compare with the devices", f.padded)
	ignored := f.Columns.IgnoredNote(family)
	note(ignored != "", "%s", ignored)
	note(f.marked > 0, "an apostrophe in front of a serial or seed, with which people tell a spreadsheet that a number is text, was left out: %d times", f.marked)
	note(f.unended, NoteUnended)
	note(f.Named && f.records == 0, seedfile.OnlyHeader)
	return seedfile.Notes(notes...)
}

// Refuse refuses a file for its header, in line with the place. A remedy follows.
func Refuse(header rows.Row, format string, args ...any) *fault.Error {
	return fault.Errorf(fault.Refused, "%s: "+format, append([]any{place(header)}, args...)...)
}

// place is where a row stands: a line of a text, a row of a sheet.
func place(row rows.Row) seedfile.Place {
	if row.Sheet != "" {
		return seedfile.Place{Unit: "row", N: row.Line}
	}
	return seedfile.Place{N: row.Line}
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

// ReadNumber reads a number of a record that is neither below least nor above most.
// It fails the record if the text is not valid; what it is called the message says.
func ReadNumber(rec *seedfile.Record, what string, text []byte, least, most int64) (n int64, ok bool) {
	n, _, ok = Number(text)
	if !ok || n < least || n > most {
		rec.Fail("the %s is not a number from %d to %d", what, least, most)
		return 0, false
	}
	return n, true
}

// maxNumber is how many digits of a number a spreadsheet keeps (IEEE 754 double,
// as Excel shows it): the sixteenth is a zero, whatever was typed.
const maxNumber = 15

const (
	cleanFile = "take the supplier's own file; or format the column as text, and only then fill it in"
	plainCell = "put the plain text in its place in a copy of the sheet"
)

func cellName(row rows.Row, i int) string { return fmt.Sprintf("%s%d", rows.ColumnName(i+1), row.Line) }

// CheckCells refuses what a spreadsheet may have changed in the cells of a row that
// are read. It reports whether the row can be read on; the rows of a text always
// can.
func (f *File) CheckCells(rec *seedfile.Record, row rows.Row) bool {
	if row.Kinds == nil {
		return true
	}
	if at := f.Columns.At(Serial) - 1; at >= 0 && at < len(row.Kinds) && row.Kinds[at] <= rows.Padded {
		f.ReadSerial(rec, row)
	}
	for c := range f.Columns.All() {
		at := f.Columns.At(c) - 1
		if c == Other || at >= len(row.Kinds) || row.Kinds[at] == rows.Text {
			continue
		}
		cell, kind, text := cellName(row, at), row.Kinds[at], string(row.Fields[at])
		digits, _, _ := strings.Cut(text, ".")
		significant := len(strings.TrimLeft(digits, "-0")) // digits of a number from its first that is no zero
		switch {
		case kind == rows.Date && IsDate(c):
		case kind == rows.Date:
			rec.Fail("cell %s holds a date, which a spreadsheet may have made of something else; %s", cell, cleanFile)
		case kind != rows.Number && kind != rows.Padded && kind != rows.Shaped:
			rec.Fail("cell %s holds %s; %s", cell, kind, plainCell)
		case c == Seed:
			rec.Fail("the seed in cell %s is a number, of which a spreadsheet keeps %d digits; %s", cell, maxNumber, cleanFile)
		case c != Serial && significant > maxNumber:
			rec.Fail("cell %s holds a number of more than %d digits, of which a spreadsheet keeps no more; %s", cell, maxNumber, cleanFile)
		case c != Serial:
		case strings.ContainsAny(text, "eE."):
			rec.Fail("the serial in cell %s was turned into a number with a fraction or an exponent; %s", cell, cleanFile)
		case strings.Trim(text, "0123456789") != "":
			rec.Fail("the serial in cell %s is a number below zero; %s", cell, cleanFile)
		case significant > maxNumber:
			rec.Fail("the serial in cell %s is a number of %d digits, of which a spreadsheet keeps %d; %s", cell, significant, maxNumber, cleanFile)
		case kind == rows.Shaped:
			rec.Fail("the serial in cell %s is a number that is shown in a format of its own, which may add to it; %s", cell, cleanFile)
		default:
			f.countSerial(row, kind, len(text))
		}
	}
	return rec.Problem == nil
}

// countSerial takes a serial that is a number where it can have lost nothing but
// zeros in front, which only the others' length can tell.
func (f *File) countSerial(row rows.Row, kind rows.Kind, digits int) {
	f.numbers++
	switch {
	case kind == rows.Padded:
		f.padded++
	case f.digits == 0:
		f.digits, f.row = digits, row.Line
	case f.digits != digits && f.uneven == nil:
		f.uneven = fault.Errorf(fault.Refused,
			"the serials are numbers of uneven length (%d digits in row %d, %d in row %d): zeros in front of them may be lost", f.digits, f.row, digits, row.Line).
			WithHint(cleanFile + "; where the zeros that fill up to the full length are sure, give the column's cells the number format 0000000")
	}
}

// Even returns a record, unless the file cannot be read on because its serials are
// numbers of different lengths: it is not known which of them are wrong.
func (f *File) Even(rec seedfile.Record) (seedfile.Record, error) {
	if f.uneven != nil {
		rec.Secret.Text.Clear()
		return seedfile.Record{}, f.uneven
	}
	return rec, nil
}
