package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// inventory streams tokens over as many sheets as they need.
type inventory struct {
	book   *book
	limit  int
	name   string // of the open sheet
	sheets int
	rows   int // on the open sheet, without its header
	out    *excelize.StreamWriter
	cells  []any
}

// add writes one token, on a new sheet if the open one is full.
func (v *inventory) add(values []value) error {
	if v.rows == v.limit {
		if err := v.close(); err != nil {
			return err
		}
		if err := v.open(); err != nil {
			return err
		}
	}
	for i := range values {
		c, err := values[i].cell()
		if err != nil {
			return fmt.Errorf("column %q: %w", columns[i].title, err)
		}
		v.cells[i] = c
	}
	v.rows++
	return v.out.SetRow(rowStart(v.rows+1), v.cells)
}

func (v *inventory) open() error {
	v.sheets++
	v.rows = 0
	v.name = v.numbered(" ")
	if err := v.prepare(); err != nil {
		return err
	}
	v.cells = make([]any, len(columns))
	for i := range columns {
		v.cells[i] = columns[i].title
	}
	return v.out.SetRow(rowStart(1), v.cells, excelize.RowOpts{StyleID: v.book.looks.header})
}

// prepare sets all that must stand before the first row.
func (v *inventory) prepare() error {
	widths := make([]float64, len(columns))
	for i := range columns {
		widths[i] = columns[i].width
	}
	var err error
	if v.out, err = v.book.sheet(v.name, widths); err != nil {
		return err
	}
	if err := v.book.repeatFirstRow(v.name); err != nil {
		return err
	}
	for i, c := range slices.Backward(columns) { // as for the widths
		if err := v.out.SetColStyle(i+1, i+1, v.book.looks.of[c.kind]); err != nil {
			return err
		}
	}
	// Serials of digits only are meant to be text: no green corners.
	all := area(2, len(columns), v.limit+1)
	if err := v.book.file.AddIgnoredErrors(v.name, all, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	return v.out.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight",
	})
}

// close ends the open sheet. A table needs a row beneath its header: without
// tokens it spans an empty one, as Excel's own empty tables do.
func (v *inventory) close() error {
	name := v.numbered("_") // a table's name has no blanks
	if err := v.out.AddTable(table(name, area(1, len(columns), max(v.rows, 1)+1))); err != nil {
		return err
	}
	return v.out.Flush()
}

func (v *inventory) numbered(separator string) string {
	if v.sheets == 1 {
		return inventorySheet
	}
	return inventorySheet + separator + strconv.Itoa(v.sheets)
}

// area is the range of the first columns from row top to row last.
func area(top, columns, last int) string {
	name, err := excelize.ColumnNumberToName(columns)
	if err != nil {
		panic(err) // more columns than Excel has: a mistake in this package
	}
	return rowStart(top) + ":" + name + strconv.Itoa(last)
}

func rowStart(row int) string { return "A" + strconv.Itoa(row) }
