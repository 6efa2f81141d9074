package desk

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

// MaxBulkRows bounds a file of bindings or assignments: all of it is looked at
// before anything is done, and a hundred thousand rows are a few minutes' work.
const MaxBulkRows = 100_000

// bulkColumn is a column of a file of bindings or assignments, by its name. The names
// are fob's own, and for the account those that lists of people have: a column that means
// nothing here is refused, and one that is taken for another would bind tokens to the wrong
// people.
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

var bulkNames = [...]string{"serial", "account", "code1", "code2", "read_at", "proof", "ticket", "reason"}

func (c bulkColumn) String() string { return bulkNames[c] }

// The columns of each kind of file; the first so many are needed.
var (
	bindColumns   = columnSet{[]bulkColumn{colSerial, colAccount, colCode1, colCode2, colReadAt, colProof, colTicket, colReason}, 3}
	assignColumns = columnSet{[]bulkColumn{colSerial, colAccount, colTicket, colReason}, 2}
)

// bulkFile is what the rows of a file have in common.
type bulkFile struct{ names []string } // of its columns

type columnSet struct {
	all    []bulkColumn
	needed int
}

func (s columnSet) String() string {
	words := make([]string, len(s.all))
	for i, c := range s.all {
		words[i] = c.String()
	}
	return strings.Join(words, ", ")
}

// ReadBindings reads a file of bindings: one row of column names, in any order,
// then one row a token. What is wrong with a row alone is in its Fault; an error
// is of the whole file, of kind Refused unless reading failed.
func ReadBindings(r io.Reader) ([]BulkRow, []string, error) {
	return readBulk(r, bindColumns)
}

// ReadAssignments reads a file of assignments in the same way.
func ReadAssignments(r io.Reader) ([]BulkRow, []string, error) {
	return readBulk(r, assignColumns)
}

func readBulk(r io.Reader, set columnSet) (all []BulkRow, notes []string, err error) {
	whole := bufio.NewReaderSize(r, rows.Probe)
	if err := rows.CheckOffice(whole); err != nil {
		return nil, nil, err
	}
	if err := rows.CheckForeign(whole); err != nil {
		return nil, nil, err
	}
	in := rows.New(whole)
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
	file := &bulkFile{names: make([]string, width)}
	for _, col := range set.all {
		if at := columns.At(col); at > 0 {
			file.names[at-1] = col.String()
		}
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
		all[len(all)-1].file = file
	}
}

// columns demands a header that can be followed to the letter.
func (s columnSet) columns(header rows.Row) (rows.Columns[bulkColumn], error) {
	names := rows.AccountsAs(colAccount, rows.Names[bulkColumn]{})
	for _, c := range s.all {
		names[rows.Name([]byte(c.String()))] = c
		if c == colCode1 {
			names["code"] = c
		}
	}
	c := names.Of(header.Fields)
	refusal := func(format string, args ...any) *fault.Error {
		return fault.Errorf(fault.Refused, "line %d%s", header.Line, fault.Textf(format, args...))
	}
	if c.Known == 0 {
		if sign := rows.OtherSign(header, func(n string) bool { _, known := names[n]; return known }); sign != "" {
			return c, refusal(" separates its columns by %s", sign).WithHint("commas, semicolons or tabs are read: put one of them in its place in a copy")
		}
		return c, refusal(" does not name the columns").WithHint("the first row is one of names, in any order: %s", s)
	}
	if c.Unknown != nil {
		at, name := c.Unknown[0], ""
		if c.Name(at) != "" { // it may be shown
			name = fmt.Sprintf(" (%s)", c.Name(at))
		}
		return c, refusal(": column %d%s has a name that means nothing here", at, name).WithHint("the columns are %s; take the others out", s)
	}
	if col, first, second, twice := names.Twice(c, header.Fields); twice {
		return c, refusal(": columns %d and %d are both named %s", first, second, col)
	}
	if i := slices.IndexFunc(header.Fields, func(f []byte) bool { return len(f) == 0 }); i >= 0 {
		return c, refusal(": column %d has no name", i+1)
	}
	for _, col := range s.all[:s.needed] {
		if !c.Has(col) {
			return c, refusal(": there is no column %s", col).WithHint("the columns are %s", s)
		}
	}
	return c, nil
}

// bulkRow reads one row. The first thing that is wrong with it is its Fault. The
// codes' own form is looked at when the token is known, which says how many digits
// they have.
func bulkRow(c rows.Columns[bulkColumn], row rows.Row, width int) BulkRow {
	out := BulkRow{Line: row.Line, given: given(c, row.Fields, width)}
	fail := func(err error) {
		if out.Fault == nil {
			out.Fault = err
		}
	}
	n := len(row.Fields)
	if n == 1 && width > 1 && bytes.ContainsAny(row.Fields[0], otherSigns) { // it may hold codes, and is shown nowhere
		row.Fields = nil
	}
	text := func(col bulkColumn) string { return string(c.Field(row.Fields, col)) }
	var err error
	if n < width || !row.BlankFrom(width) {
		fail(fault.Errorf(fault.Refused, "the row has %d of %d columns", n, width).
			WithHint("a column may be empty, but not missing; a text with the delimiter in it stands in quotes"))
	}
	if out.Serial, err = token.ParseSerial(text(colSerial)); err != nil {
		fail(err)
	}
	if out.Account, err = token.ParseAccount(text(colAccount)); err != nil {
		fail(err)
	} else if said := damage.Listed(string(out.Account)); said != "" {
		fail(fault.Errorf(fault.Refused, "the account %s %s", out.Account, said))
	} else if out.Account.Key() == strings.ToLower(string(out.Serial)) {
		fail(fault.Errorf(fault.Refused, token.OwnSerial))
	}
	if c.Has(colCode1) && text(colCode1) == "" {
		fail(fault.Errorf(fault.Refused, "there is no code1"))
	}
	for _, col := range []bulkColumn{colCode1, colCode2} {
		if code := text(col); code != "" {
			out.Codes = append(out.Codes, code)
		}
	}
	if at := text(colReadAt); at != "" {
		if out.ReadAt, err = time.Parse(time.RFC3339, at); err != nil {
			fail(fault.Errorf(fault.Refused, "read_at is no time with a zone").WithHint("such as 2026-11-24T10:00:07Z or 2026-11-24T11:00:07+01:00"))
		}
	}
	for col, to := range map[bulkColumn]*string{colProof: &out.Proof, colTicket: &out.Ticket, colReason: &out.Reason} {
		if *to, err = token.ParseText("the "+col.String(), text(col)); err != nil {
			fail(err)
		}
	}
	return out
}

// given are the fields of a row as they were typed, without its codes, which are over.
// In one that does not have the columns of the file whatever may be a code is left out.
func given(c rows.Columns[bulkColumn], fields [][]byte, width int) []string {
	if len(fields) == 1 && width > 1 {
		fields = bytes.FieldsFunc(fields[0], func(r rune) bool { return strings.ContainsRune(otherSigns, r) })
	}
	whole, out := len(fields) == width, make([]string, width)
	for i, f := range fields[:min(len(fields), width)] {
		col := i + 1
		secret := col == c.At(colCode1) || col == c.At(colCode2) || col == c.At(colReadAt)
		if !secret && (whole || len(f) > mostDigits || len(bytes.Trim(f, "0123456789 -")) > 0) {
			out[i] = string(bytes.TrimSpace(f))
		}
	}
	return out
}

// otherSigns are those that people put between columns, where the header has another.
const otherSigns = ",;|\t "

// mostDigits is how long a code may be, with blanks in it.
const mostDigits = 12

// RowsAgain is a file of the rows that were not carried out, to be corrected.
func RowsAgain(all []Answered) string {
	var text strings.Builder
	w := csv.NewWriter(&text)
	for _, a := range all {
		if a.Settled() || a.Row.file == nil {
			continue
		}
		if text.Len() == 0 {
			_ = w.Write(a.Row.file.names) // a builder takes all
		}
		_ = w.Write(a.Row.given)
		w.Flush()
	}
	return text.String()
}
