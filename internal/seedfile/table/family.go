package table

import (
	"cmp"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Family is what tells one family of tables from another. What is not said of its
// Format follows: it is found by its content, not encrypted, and a sheet of a
// workbook will do as well, but for one with a delimiter of its own.
type Family struct {
	seedfile.Format
	Columns   []Column                                                             // in their order, of a file without a header
	Optional  bool                                                                 // rows may lack the last columns, each its own
	Least     int                                                                  // columns that a row must have; 0: a serial and a seed
	Names     rows.Names[Column]                                                   // of a header; nil: the family has none
	Delimiter byte                                                                 // that the family has always; 0: the operator says, or it is found out
	Begin     func(*Reader, rows.Row) (header bool, err error)                     // looks at the first row, which has no known names
	Strip     func(*Reader, seedfile.Record, rows.Row) (seedfile.Record, rows.Row) // makes a row of Columns out of one of the file
	Blank     func(rows.Row) bool                                                  // a row that is no record
	Unsure    func(r *Reader, fields [][]byte) string                              // why the counter of a row is in doubt; empty: it is not
}

// Declare is the family's declaration.
func (f *Family) Declare() seedfile.Format {
	d := f.Format
	d.Support.Found = cmp.Or(d.Support.Found, seedfile.ByContent)
	d.Support.Encrypted = cmp.Or(d.Support.Encrypted, seedfile.NotEncrypted)
	d.Sheets = f.Delimiter == 0
	if d.Open == nil {
		d.Open = func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) { return f.Reader(r, o), nil }
	}
	return d
}

// Reader begins to read a file of the family.
func (f *Family) Reader(r io.Reader, o seedfile.Options) *Reader {
	if f.Delimiter != 0 {
		o.Delimiter = f.Delimiter
	}
	return &Reader{File: Open(NewRows(r, o)), Family: f, Options: o}
}

// Reader reads one file of columns.
type Reader struct {
	File
	Family  *Family
	Options seedfile.Options

	begun  bool
	headed int // the line of the header
	seen   int // columns of the first record
	most   int // columns that the family has; 0: as many as the header
	width  widths
	early  int // rows that may have ended early

	lastType token.Type // of the row before
	hashText []byte     // the last hash read and what it means: files have few
	hash     token.Hash
}

// Next returns the next record.
func (r *Reader) Next() (seedfile.Record, error) {
	row, err := r.nextRow()
	if err == nil && !r.begun {
		var header bool
		if header, err = r.begin(row); err == nil && header {
			row, err = r.nextRow()
		}
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.Even(r.record(row))
}

func (r *Reader) nextRow() (rows.Row, error) {
	for {
		row, err := r.Row()
		if err != nil || r.Family.Blank == nil || !r.Family.Blank(row) {
			return row, err
		}
	}
}

// begin takes the first row for a header or for the first record.
func (r *Reader) begin(row rows.Row) (header bool, err error) {
	r.begun, r.width = true, widths{}
	r.Arrange(r.Family.Columns...)
	if r.Family.Names != nil {
		if _, is := Header(r.Family.Names, row.Fields); is {
			return true, r.Head(row)
		}
		if unknownHeader(row.Fields) {
			return false, Refuse(row, "the row is no record and its names are not known").
				WithHint("the names known are %s; %s", knownNames, SuggestNames(row).Hint())
		}
	}
	if r.Family.Begin != nil {
		return r.Family.Begin(r, row)
	}
	return false, nil
}

// Head says by their names what the columns are: those of a file, or of the rows
// that Take gets.
func (r *Reader) Head(row rows.Row) error {
	l, _ := Header(r.Family.Names, row.Fields)
	if err := checkHeader(r.Family.Names, l, row); err != nil {
		return err
	}
	r.headed = row.Line - r.Options.SkipRows
	r.Set(l, len(row.Fields), true)
	r.Least = Width(row)
	return nil
}

// Take makes a record of a row that was read elsewhere: for a format whose rows are
// not lines of delimited text.
func (r *Reader) Take(row rows.Row) seedfile.Record { return r.record(row) }

// Arrange says what the columns are in a file without a header.
func (r *Reader) Arrange(order ...Column) { r.Columns, r.most = Order(order...), len(order) }

// Set says what the columns are in a file all of whose rows have some width.
func (r *Reader) Set(l Layout, width int, named bool) {
	r.Columns, r.Named, r.most = l, named, 0
	r.width = widths{"": width, token.TOTP: width, token.HOTP: width}
}

// Full reports whether a row without a header has all the columns of the family.
func (r *Reader) Full(fields [][]byte) bool { return !r.Named && len(fields) == r.most }

// Notes are the remarks on the file.
func (r *Reader) Notes() []fault.Text {
	notes := r.File.Notes(r.Family.Name)
	if r.early > 0 {
		notes = append(notes, fault.Textf("rows may lack their last columns (%s): what is missing is taken for the default, also in a row that lost it", fault.Compat))
	}
	return notes
}

var _ seedfile.Reader = (*Reader)(nil)
