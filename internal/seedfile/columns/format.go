package columns

import (
	"fmt"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "columns"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "any other table: --columns says what is where: serial=Seriennummer,seed=Geheimnis,type=Art,ignore=Karton",
		Example: []string{
			"Pos;Seriennummer;Geheimnis;Art;Karton",
			"1;2600412300001;GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ;TOTP;7",
		},
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: "`--columns` says what is where", Encrypted: seedfile.NotEncrypted,
			Checked: "none; it is whatever table there is",
			Samples: []string{"columns/names.csv", "columns/numbers.txt"},
		},
		Sniff:  func(seedfile.Sample) seedfile.Match { return seedfile.Match{} }, // nobody but the operator knows
		Open:   open,
		Sheets: true,
	}
}

func open(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
	m, err := parse(o.Columns)
	if err != nil {
		return nil, err
	}
	f := &table.Family{Name: Name, Begin: m.begin}
	return f.Open(r, o)
}

// begin finds the columns in the first row.
func (m mapping) begin(r *table.Reader, row rows.Row) (header bool, err error) {
	at := make([]table.Column, rows.MaxColumns)
	taken := make([]bool, rows.MaxColumns)
	for i := range at {
		at[i] = table.Other
	}
	for _, c := range m {
		n, err := c.find(row)
		if err != nil {
			return false, err
		}
		if taken[n-1] {
			return false, fault.Errorf(fault.Usage, "--columns takes column %d for the %s and for the %s", n, at[n-1], c.column)
		}
		at[n-1], taken[n-1] = c.column, true
		header = header || c.number == 0
	}
	r.Set(table.Order(at...), len(row.Fields), header)
	if header {
		r.Columns.Call(row.Fields)
	}
	return header, m.guard(r, row, taken, header)
}

// guard looks after the columns of which --columns says nothing: one that says by
// its name or its values what a token is must be named, or be ignored on purpose.
func (m mapping) guard(r *table.Reader, row rows.Row, taken []bool, header bool) error {
	var rest []int
	var called, take, ignored []string
	for i, field := range row.Fields {
		if taken[i] {
			continue
		}
		rest = append(rest, i+1)
		c, known := table.Names()[rows.Name(field)]
		if header && known && table.FieldOf(c) != 0 {
			called = append(called, fmt.Sprintf("column %d is called %q", i+1, field))
			take, ignored = append(take, fmt.Sprintf("%s=%d", rows.Name([]byte(c.String())), i+1)), append(ignored, fmt.Sprintf("ignore=%d", i+1))
		}
	}
	if called != nil {
		return table.Refuse(row, fmt.Sprintf("add %s to --columns, or %s if it means something else", strings.Join(take, ","), strings.Join(ignored, ",")),
			"%s, and --columns does not say what it is", strings.Join(called, ", "))
	}
	r.Watch(row, m.fields(), "add FIELD=COLUMN to --columns, or ignore=COLUMN if it means something else", rest...)
	return nil
}

// fields are those that --columns finds in a column: no other column can be it.
func (m mapping) fields() (said seedfile.FieldSet) {
	for _, c := range m {
		said = said.With(table.FieldOf(c.column))
		if c.column == table.Moving {
			said = said.With(seedfile.FieldPeriod)
		}
	}
	return said
}

// find tells where a column stands, from 1.
func (c choice) find(row rows.Row) (int, error) {
	if c.number > len(row.Fields) {
		return 0, table.Refuse(row, "count the columns again, or say --delimiter or --skip-rows",
			"--columns names column %d, the row ends with column %d", c.number, len(row.Fields))
	}
	if c.number > 0 {
		return c.number, nil
	}
	found := 0
	for i, field := range row.Fields {
		switch {
		case rows.Name(field) != c.name:
		case found > 0:
			return 0, table.Refuse(row, "say --columns with their numbers", "columns %d and %d both have the name for the %s", found, i+1, c.column)
		default:
			found = i + 1
		}
	}
	if found == 0 {
		return 0, table.Refuse(row, "look up the names in the first row, or say --columns with numbers, or --skip-rows",
			"no column of this row has the name that --columns gives for the %s", c.column)
	}
	return found, nil
}
