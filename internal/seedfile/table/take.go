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

// ReadNumber reads a number of a record that is neither below least nor above most.
// It fails the record if the text is none; what it is called the message says.
func ReadNumber(rec *seedfile.Record, what string, text []byte, least, most int64) (n int64, ok bool) {
	n, _, ok = Number(text)
	if !ok || n < least || n > most {
		rec.Fail("the %s is not a number from %d to %d", what, least, most)
		return 0, false
	}
	return n, true
}
