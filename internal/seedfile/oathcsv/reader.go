package oathcsv

import (
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// reader reads one file.
type reader struct {
	table.File[column]
	begun bool
	width widths

	lastType token.Type // of the row before
	hashText []byte     // the last hash read and what it means: files have few
	hash     token.Hash
}

func (r *reader) Next() (seedfile.Record, error) {
	row, err := r.Row()
	if err == nil && !r.begun {
		row, err = r.begin(row)
	}
	if err != nil {
		return seedfile.Record{}, err
	}
	return r.record(row), nil
}

// begin takes the first row for a header or for the first record.
func (r *reader) begin(row rows.Row) (rows.Row, error) {
	r.begun, r.Columns, r.width = true, inOrder(), widths{}
	l, is := header(row.Fields)
	if !is && strangeHeader(row.Fields) {
		return row, table.Refuse(row.Line, "if it is a header, the names known are "+knownNames,
			"the row is no record and its names are not known")
	}
	if !is {
		return row, nil
	}
	if err := check(l, row); err != nil {
		return row, err
	}
	r.Columns, r.Named = l, true
	for _, t := range []token.Type{"", token.TOTP, token.HOTP} {
		r.width.learn(t, len(row.Fields))
	}
	return r.Row()
}

func (r *reader) Notes() []string { return r.File.Notes(Name) }

var _ seedfile.Reader = (*reader)(nil)
