package table

import (
	"fob/internal/rows"
	"fob/internal/seedfile"
)

// Head says by their names what the columns are of the rows that Take gets: for
// a format whose rows are not lines of delimited text.
func (r *Reader) Head(names rows.Row) error {
	l := r.Family.Names.Of(names.Fields)
	if err := checkHeader(r.Family.Names, l, names); err != nil {
		return err
	}
	r.width = widths{}
	r.Set(l, len(names.Fields), true)
	return nil
}

// Take makes a record of a row that was read elsewhere.
func (r *Reader) Take(row rows.Row) seedfile.Record { return r.record(row) }
