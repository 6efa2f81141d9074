package table

import (
	"fmt"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
)

// cells is what is kept of the cells of a sheet while its rows are read.
type cells struct {
	numbers int // serials that are numbers
	padded  int // of them, those whose format shows their zeros
	digits  int // of the first that shows none
	row     int // of it
	uneven  error
}

// maxNumber is how many digits of a number a spreadsheet keeps (IEEE 754 double,
// as Excel shows it): the sixteenth is a zero, whatever was typed.
const maxNumber = 15

const (
	cleanFile = "take the supplier's own file; or format the column as text, and only then fill it in"
	plainCell = "put the plain text in its place in a copy of the sheet"
)

// checkFirstCells refuses a first row that is not what it shows.
func checkFirstCells(row rows.Row) error {
	for i, kind := range row.Kinds {
		if kind == rows.Formula || kind == rows.Failed {
			return Refuse(row, plainCell, "cell %s holds %s", cellName(row, i), kind)
		}
	}
	return nil
}

func cellName(row rows.Row, i int) string { return fmt.Sprintf("%s%d", rows.ColumnName(i+1), row.Line) }

// CheckCells refuses what a spreadsheet may have changed in the cells of a row
// that are read: all of the file's columns but other. It reports whether the row can be
// read on; the rows of a text always can.
func (f *File[C]) CheckCells(rec *seedfile.Record, row rows.Row, serial, seed, other C) bool {
	if row.Kinds == nil {
		return true
	}
	if at := f.Columns.At(serial) - 1; at >= 0 && at < len(row.Kinds) && row.Kinds[at] <= rows.Padded {
		rec.Serial = string(f.Unmarked(row, serial))
	}
	for c := range f.Columns.All() {
		at := f.Columns.At(c) - 1
		if c == other || at >= len(row.Kinds) || row.Kinds[at] == rows.Text {
			continue
		}
		cell, kind, text := cellName(row, at), row.Kinds[at], string(row.Fields[at])
		switch {
		case kind == rows.Date:
			rec.Fail("cell %s holds a date, which a spreadsheet may have made of something else; %s", cell, cleanFile)
		case kind != rows.Number && kind != rows.Padded && kind != rows.Shaped:
			rec.Fail("cell %s holds %s; %s", cell, kind, plainCell)
		case c == seed:
			rec.Fail("the seed in cell %s is a number, of which a spreadsheet keeps %d digits; %s", cell, maxNumber, cleanFile)
		case c == serial:
			f.checkSerial(rec, row, cell, kind, text)
		case significant(text) > maxNumber:
			rec.Fail("cell %s holds a number of more than %d digits, of which a spreadsheet keeps no more; %s", cell, maxNumber, cleanFile)
		}
	}
	return rec.Problem == nil
}

// checkSerial takes a serial that is a number where it can have lost nothing but
// zeros in front, which only the others' length can tell.
func (f *File[C]) checkSerial(rec *seedfile.Record, row rows.Row, cell string, kind rows.Kind, text string) {
	c := &f.cells
	switch {
	case strings.ContainsAny(text, "eE."):
		rec.Fail("the serial in cell %s was turned into a number with a fraction or an exponent; %s", cell, cleanFile)
		return
	case strings.Trim(text, "0123456789") != "":
		rec.Fail("the serial in cell %s is a number below zero; %s", cell, cleanFile)
		return
	case significant(text) > maxNumber:
		rec.Fail("the serial in cell %s is a number of %d digits, of which a spreadsheet keeps %d; %s", cell, significant(text), maxNumber, cleanFile)
		return
	case kind == rows.Shaped:
		rec.Fail("the serial in cell %s is a number that is shown in a format of its own, which may add to it; %s", cell, cleanFile)
		return
	}
	c.numbers++
	switch {
	case kind == rows.Padded:
		c.padded++
	case c.digits == 0:
		c.digits, c.row = len(text), row.Line
	case c.digits != len(text) && c.uneven == nil:
		c.uneven = fault.Errorf(fault.Refused,
			"the serials are numbers of uneven length (%d digits in row %d, %d in row %d): zeros in front of them may be lost", c.digits, c.row, len(text), row.Line).
			WithHint(cleanFile + "; where the zeros that fill up to the full length are sure, give the column's cells the number format 0000000")
	}
}

// significant counts the digits of a number from its first that is no zero.
func significant(text string) int {
	digits, _, _ := strings.Cut(text, ".")
	return len(strings.TrimLeft(digits, "-0"))
}

// Even gives a record, unless the file cannot be read on because its serials are
// numbers of different lengths: it is not known which of them are wrong.
func (f *File[C]) Even(rec seedfile.Record) (seedfile.Record, error) {
	if f.cells.uneven != nil {
		rec.Secret.Text.Clear()
		return seedfile.Record{}, f.cells.uneven
	}
	return rec, nil
}

func (c *cells) notes() (notes []string) {
	if plain := c.numbers - c.padded; plain > 0 {
		notes = append(notes, fmt.Sprintf("%d serials stand in the sheet as numbers: whether they have lost zeros in front cannot be seen; compare with the devices", plain))
	}
	if c.padded > 0 {
		notes = append(notes, fmt.Sprintf("%d serials stand in the sheet as numbers and were taken with the zeros that the cells' format shows; compare with the devices", c.padded))
	}
	return notes
}
