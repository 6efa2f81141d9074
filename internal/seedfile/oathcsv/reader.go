package oathcsv

import (
	"slices"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// reader reads one file.
type reader struct {
	rows    *rows.Reader
	layout  layout
	begun   bool
	named   bool  // there is a header
	unknown []int // columns of it, from 1
	width   widths
	records int
	unended bool

	lastField []byte // of the row before, whose type is lastType
	lastType  token.Type
	hashText  []byte // the last hash read and what it means: files have few
	hash      token.Hash
}

func (r *reader) Next() (seedfile.Record, error) {
	row, err := r.rows.Next()
	if err == nil && !r.begun {
		row, err = r.begin(row)
	}
	if err != nil {
		return seedfile.Record{}, seedfile.ReadError(err)
	}
	r.records++
	r.unended = row.Unended
	return r.record(row), nil
}

// begin takes the first row for a header or for the first record.
func (r *reader) begin(row rows.Row) (rows.Row, error) {
	r.begun, r.layout, r.width = true, inOrder, widths{}
	l, unknown, is := header(row.Fields)
	if !is && strangeHeader(row.Fields) {
		return row, refused(row.Line, "if it is a header, the names known are "+knownNames,
			"the row is no record and its names are not known")
	}
	if !is {
		return row, nil
	}
	if err := l.check(row.Line, row.Fields); err != nil {
		return row, err
	}
	r.layout, r.named, r.unknown = l, true, unknown
	for _, t := range []token.Type{"", token.TOTP, token.HOTP} {
		r.width.learn(t, len(row.Fields))
	}
	return r.rows.Next()
}

func (r *reader) Notes() []string {
	notes := slices.Clone(r.rows.Notes())
	if r.unknown != nil {
		notes = append(notes, ignoredNote(r.unknown))
	}
	if r.unended {
		notes = append(notes, "the last line has no line end: compare the number of records with the delivery note")
	}
	if r.named && r.records == 0 {
		notes = append(notes, seedfile.OnlyHeader)
	}
	return notes
}

var _ seedfile.Reader = (*reader)(nil)
