package app

import (
	"errors"
	"io"
	"strings"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

// MaxBulkRows bounds a file of bindings or assignments: all of it is looked at
// before anything is done, and a hundred thousand rows are a few minutes' work.
const MaxBulkRows = 100_000

// bulkColumn is a column of a file of bindings or assignments.
type bulkColumn int

const (
	colSerial bulkColumn = iota
	colAccount
	colCode1
	colCode2
	colReadAt
	colProof
	colTicket
	colReason
)

// bulkNames are the names that columns have. They are the design's own, without
// synonyms: a column that means nothing here is refused, and one that is taken
// for another would bind tokens to the wrong people.
var bulkNames = map[bulkColumn]string{
	colSerial: "serial", colAccount: "account", colCode1: "code1", colCode2: "code2", colReadAt: "read_at",
	colProof: "proof", colTicket: "ticket", colReason: "reason",
}

// The columns of each kind of file; the first so many are needed.
var (
	bindColumns   = columnSet{[]bulkColumn{colSerial, colAccount, colCode1, colCode2, colReadAt, colProof, colTicket, colReason}, 3}
	assignColumns = columnSet{[]bulkColumn{colSerial, colAccount, colTicket, colReason}, 2}
)

type columnSet struct {
	all    []bulkColumn
	needed int
}

func (s columnSet) names() rows.Names[bulkColumn] {
	names := rows.Names[bulkColumn]{}
	for _, c := range s.all {
		names[rows.Name([]byte(bulkNames[c]))] = c
	}
	return names
}

func (s columnSet) String() string {
	words := make([]string, len(s.all))
	for i, c := range s.all {
		words[i] = bulkNames[c]
	}
	return strings.Join(words, ", ")
}

// ReadBindings reads a file of bindings: one row of column names, in any order,
// then one row a token. What is wrong with a row alone is in its Fault; an error
// is of the whole file, of kind Refused unless reading failed.
func ReadBindings(r io.Reader) ([]desk.BulkRow, []string, error) {
	return readBulk(r, bindColumns)
}

// ReadAssignments reads a file of assignments in the same way.
func ReadAssignments(r io.Reader) ([]desk.BulkRow, []string, error) {
	return readBulk(r, assignColumns)
}

func readBulk(r io.Reader, set columnSet) (all []desk.BulkRow, notes []string, err error) {
	in := rows.New(r)
	header, err := in.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil, fault.Errorf(fault.Refused, "the file is empty").WithHint("its first row names the columns: %s", set)
	}
	if err != nil {
		return nil, nil, rows.Fault(err)
	}
	width := len(header.Fields)
	columns, err := set.columns(header)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := in.Next()
		switch {
		case errors.Is(err, io.EOF) && len(all) == 0:
			return nil, nil, fault.Errorf(fault.Refused, "the file has no row below its column names")
		case errors.Is(err, io.EOF):
			return all, in.Notes(), nil
		case err != nil:
			return nil, nil, rows.Fault(err)
		case len(all) == MaxBulkRows:
			return nil, nil, fault.Errorf(fault.Refused, "the file has more than %d rows", MaxBulkRows).WithHint("split it")
		}
		all = append(all, bulkRow(columns, row, width))
	}
}

// columns demands a header that can be followed to the letter.
func (s columnSet) columns(header rows.Row) (rows.Columns[bulkColumn], error) {
	names := s.names()
	c := names.Of(header.Fields)
	if c.Known == 0 {
		return c, fault.Errorf(fault.Refused, "line %d does not name the columns", header.Line).
			WithHint("the first row is one of names, in any order: %s", s)
	}
	if c.Unknown != nil {
		return c, fault.Errorf(fault.Refused, "line %d: column %d has a name that means nothing here", header.Line, c.Unknown[0]).
			WithHint("the columns are %s; take the others out", s)
	}
	if col, first, second, twice := names.Twice(c, header.Fields); twice {
		return c, fault.Errorf(fault.Refused, "line %d: columns %d and %d are both named %s", header.Line, first, second, bulkNames[col])
	}
	for i, field := range header.Fields {
		if len(field) == 0 {
			return c, fault.Errorf(fault.Refused, "line %d: column %d has no name", header.Line, i+1)
		}
	}
	for _, col := range s.all[:s.needed] {
		if !c.Has(col) {
			return c, fault.Errorf(fault.Refused, "line %d: there is no column %s", header.Line, bulkNames[col]).
				WithHint("the columns are %s", s)
		}
	}
	return c, nil
}

// bulkRow reads one row. The first thing that is wrong with it is its Fault.
func bulkRow(c rows.Columns[bulkColumn], row rows.Row, width int) desk.BulkRow {
	out := desk.BulkRow{Line: row.Line}
	fail := func(err error) {
		if out.Fault == nil {
			out.Fault = err
		}
	}
	text := func(col bulkColumn) string { return string(c.Field(row.Fields, col)) }
	serial := text(colSerial)
	parsed, err := token.ParseSerial(serial)
	if err != nil {
		fail(err)
	}
	out.Serial = parsed
	if n := len(row.Fields); n < width || !row.BlankFrom(width) {
		fail(fault.Errorf(fault.Refused, "the row has %d of %d columns", n, width).
			WithHint("a column may be empty, but not missing; a text with the delimiter in it stands in quotes"))
	}
	if out.Account, err = token.ParseAccount(text(colAccount)); err != nil {
		fail(err)
	}
	if c.Has(colCode1) {
		bulkCodes(&out, text, fail)
	}
	for col, to := range map[bulkColumn]*string{colProof: &out.Proof, colTicket: &out.Ticket, colReason: &out.Reason} {
		if *to, err = token.ParseText("the "+bulkNames[col], text(col)); err != nil {
			fail(err)
		}
	}
	return out
}

// bulkCodes reads what a file of bindings has beside. The codes' own form is
// looked at when the token is known, which says how many digits they have.
func bulkCodes(out *desk.BulkRow, text func(bulkColumn) string, fail func(error)) {
	first, second := text(colCode1), text(colCode2)
	if first == "" {
		fail(fault.Errorf(fault.Refused, "there is no code1"))
	}
	for _, code := range []string{first, second} {
		if code != "" {
			out.Codes = append(out.Codes, code)
		}
	}
	readAt := text(colReadAt)
	if readAt == "" {
		return
	}
	at, err := time.Parse(time.RFC3339, readAt)
	if err != nil {
		fail(fault.Errorf(fault.Refused, "read_at is no time with a zone").WithHint("such as 2026-11-24T10:00:07Z or 2026-11-24T11:00:07+01:00"))
	}
	out.ReadAt = at
}
