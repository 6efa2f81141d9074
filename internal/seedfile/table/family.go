package table

import (
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Family is what tells one family of tables from another.
type Family struct {
	Name      string
	Columns   []Column                                                             // in their order, of a file without a header
	Least     int                                                                  // columns that a row must have; 0: a serial and a seed
	Names     rows.Names[Column]                                                   // of a header; nil: the family has none
	Encoding  seedfile.Encoding                                                    // of seeds, which are decoded at once; Unknown: the whole file tells
	Delimiter byte                                                                 // that the family has always; 0: the operator says, or it is found out
	Begin     func(*Reader, rows.Row) (header bool, err error)                     // looks at the first row, which has no known names
	Strip     func(*Reader, seedfile.Record, rows.Row) (seedfile.Record, rows.Row) // makes a row of Columns out of one of the file
	Blank     func(rows.Row) bool                                                  // a row that is no record
	Unsure    func(r *Reader, fields [][]byte) string                              // why the counter of a row is in doubt; empty: it is not
}

// Open begins to read a file of the family.
func (f *Family) Open(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
	return f.Reader(r, o), nil
}

// Reader begins to read a file of the family.
func (f *Family) Reader(r io.Reader, o seedfile.Options) *Reader {
	if f.Delimiter != 0 {
		o.Delimiter = f.Delimiter
	}
	return &Reader{File: Open[Column](NewRows(r, o)), Family: f, Options: o}
}

// NewRows gives the rows of a text as the operator says.
func NewRows(r io.Reader, o seedfile.Options) *rows.Reader {
	return rows.NewWith(r, rows.Options{Delimiter: o.Delimiter, SkipLines: o.SkipRows, Sheet: o.Sheet})
}

// Reader reads one file of columns.
type Reader struct {
	File[Column]
	Family  *Family
	Options seedfile.Options

	begun bool
	most  int // columns that the family has; 0: as many as the header
	width widths

	lastType     token.Type // of the row before
	hashText     []byte     // the last hash read and what it means: files have few
	hash         token.Hash
	maker, model string // of the row before: files have few
}

// Next gives the next record.
func (r *Reader) Next() (seedfile.Record, error) {
	row, err := r.nextRow()
	if err == nil && !r.begun {
		row, err = r.begin(row)
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
func (r *Reader) begin(row rows.Row) (rows.Row, error) {
	r.begun, r.width = true, widths{}
	r.Arrange(r.Family.Columns...)
	if r.Family.Names == nil {
		return r.beginRows(row)
	}
	l, is := Header(r.Family.Names, row.Fields)
	if !is && strangeHeader(row.Fields) {
		return row, Refuse(row, "the names known are "+knownNames+"; "+SuggestNames(row).Hint(),
			"the row is no record and its names are not known")
	}
	if !is {
		return r.beginRows(row)
	}
	if err := checkHeader(r.Family.Names, l, row); err != nil {
		return row, err
	}
	r.Set(l, len(row.Fields), true)
	return r.nextRow()
}

func (r *Reader) beginRows(row rows.Row) (rows.Row, error) {
	if r.Family.Begin == nil {
		return row, nil
	}
	header, err := r.Family.Begin(r, row)
	if err == nil && header {
		return r.nextRow()
	}
	return row, err
}

// Arrange says what the columns are in a file without a header.
func (r *Reader) Arrange(order ...Column) { r.Columns, r.most = Order(order...), len(order) }

// Set says what the columns are in a file all of whose rows have some width.
func (r *Reader) Set(l Layout, width int, named bool) {
	r.Columns, r.Named, r.most = l, named, 0
	for _, t := range []token.Type{"", token.TOTP, token.HOTP} {
		r.width.learn(t, width)
	}
}

// Notes are the remarks on the file.
func (r *Reader) Notes() []fault.Text { return r.File.Notes(r.Family.Name) }

var _ seedfile.Reader = (*Reader)(nil)
