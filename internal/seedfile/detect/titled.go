package detect

import (
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
)

// titled refuses a table with something above its header, such as a title or an
// order number: the rows would be read without knowing what their columns are.
// Rows with a seed among them are no title.
func titled(file string, sample seedfile.Sample) error {
	rowsAbove := 0
	for row := range table.FirstRows(table.SampleRows(sample), sample) {
		l, is := table.Header(table.Names(), row.Fields)
		switch {
		case is && l.Has(table.Serial) && l.Has(table.Seed) && rowsAbove > 0:
			return fault.Errorf(fault.Refused, "%q has its column names in row %d, below something else", file, row.Line).
				WithHint("pass over what stands above them with --skip-rows %d", row.Line-1)
		case is || rowsAbove == mostAbove || table.HasSeed(row.Fields):
			return nil
		}
		rowsAbove++
	}
	return nil
}

// mostAbove is how many rows may stand above the names: an address and some
// numbers.
const mostAbove = 20
