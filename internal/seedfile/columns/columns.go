// Package columns reads the family columns: any table of serials and seeds whose
// columns the operator names, by number or by what the first row calls them,
// with
//
//	serial=2,seed=Geheimnis,type=5
//
// Names in the first row may be in any language; blanks, signs and case do not
// count. With numbers alone the first row is a record: a header has to be skipped.
// The encoding is inferred over the whole file unless the operator says it, the
// hash is SHA-1 where there is no column for it, and everything else that no column
// holds the operator has to say.
package columns

import (
	"fmt"
	"io"
	"strconv"
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
func Format() seedfile.Format { return family.Declare() }

var family = &table.Family{Format: seedfile.Format{
	Name:  Name,
	Title: "any other table, of which the operator says what is where: serial=Seriennummer,seed=Geheimnis,type=Art,ignore=Karton",
	Example: []string{
		"Pos;Seriennummer;Geheimnis;Art;Karton",
		"1;2600412300001;GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ;TOTP;7",
	},
	Defaults:  token.Params{Hash: token.SHA1},
	Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
	Support: seedfile.Support{
		Read: "TOTP and HOTP", Found: "the operator says what is where", Checked: "none; it is whatever table there is",
		Samples: []string{"columns/names.csv", "columns/numbers.txt"},
	},
	Sniff: func(seedfile.Sample) seedfile.Match { return seedfile.Match{} }, // nobody but the operator knows
	Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
		m, err := parse(o.Columns)
		if err != nil {
			return nil, err
		}
		f := &table.Family{Format: seedfile.Format{Name: Name}, Begin: m.begin}
		return f.Reader(r, o), nil
	},
}}

// mapping is what the operator says.
type mapping []choice

// choice says where one column is found.
type choice struct {
	column table.Column
	number int    // from 1; 0: by name
	name   string // as rows.Name makes it
}

// parse reads what the operator says.
func parse(text string) (mapping, error) {
	if strings.TrimSpace(text) == "" {
		return nil, wrong("the format %s needs %s", Name, fault.Columns)
	}
	var m mapping
	has := map[table.Column]bool{}
	for part := range strings.SplitSeq(text, ",") {
		c, err := parseChoice(part)
		if err != nil {
			return nil, err
		}
		if has[c.column] && c.column != table.Other {
			return nil, wrong("%s names the %s twice", fault.Columns, c.column)
		}
		has[c.column] = true
		m = append(m, c)
	}
	for _, c := range []table.Column{table.Serial, table.Seed} {
		if !has[c] {
			return nil, wrong("%s does not say which column is the %s", fault.Columns, c)
		}
	}
	return m, nil
}

func parseChoice(part string) (c choice, err error) {
	key, where, _ := strings.Cut(part, "=")
	key, where = strings.TrimSpace(key), strings.TrimSpace(where)
	known := rows.Name([]byte(key)) == "ignore"
	if c.column = table.Other; !known {
		c.column, known = table.Names()[rows.Name([]byte(key))]
	}
	if !known {
		return c, wrong("%s: %q is nothing that a token has", fault.Columns, key)
	}
	if n, err := strconv.Atoi(where); err == nil {
		if c.number = n; n < 1 || n > rows.MaxColumns {
			return c, wrong("%s: there is no column %d; they count from 1 to %d", fault.Columns, n, rows.MaxColumns)
		}
		return c, nil
	}
	if c.name = rows.Name([]byte(where)); c.name == "" {
		return c, wrong("%s: %s= has neither a number nor a name behind it", fault.Columns, key)
	}
	return c, nil
}

func wrong(format string, args ...any) error {
	return fault.Errorf(fault.Usage, format, args...).WithHint("write it like serial=2,seed=3,type=Art: serial and seed, and what else the file has of " +
		"type, digits, hash, counter, period, t0, expiry, valid from, manufactured, manufacturer, model, account; ignore= names a column that means none of these")
}

// begin finds the columns in the first row.
func (m mapping) begin(r *table.Reader, row rows.Row) (header bool, err error) {
	at := make([]table.Column, rows.MaxColumns)
	taken := make([]bool, rows.MaxColumns)
	for i := range at {
		at[i] = table.Other
	}
	var said seedfile.FieldSet // no other column can be one of these
	for _, c := range m {
		n, err := c.find(row)
		if err != nil {
			return false, err
		}
		if taken[n-1] {
			return false, fault.Errorf(fault.Usage, "%s takes column %d for the %s and for the %s", fault.Columns, n, at[n-1], c.column)
		}
		at[n-1], taken[n-1] = c.column, true
		header = header || c.number == 0
		if said = said.With(table.FieldOf(c.column)); c.column == table.Moving {
			said = said.With(seedfile.FieldPeriod)
		}
	}
	r.Set(table.Order(at...), len(row.Fields), header)
	if header {
		r.Columns.Call(row.Fields)
	}
	return header, guard(r, row, taken, said, header)
}

// guard looks after the columns of which the operator says nothing: one that says by
// its name or its values what a token is must be named, or be ignored on purpose.
func guard(r *table.Reader, row rows.Row, taken []bool, said seedfile.FieldSet, header bool) error {
	var rest []int
	var called, take, ignored []string
	for i, field := range row.Fields {
		if taken[i] {
			continue
		}
		rest = append(rest, i+1)
		c, known := table.Names()[rows.Name(field)]
		if header && known && (table.FieldOf(c) != 0 || table.IsDate(c)) {
			called = append(called, fmt.Sprintf("column %d is called %q", i+1, field))
			take, ignored = append(take, fmt.Sprintf("%s=%d", rows.Name([]byte(c.String())), i+1)), append(ignored, fmt.Sprintf("ignore=%d", i+1))
		}
	}
	remedy := func(take, ignore string) fault.Text {
		return fault.Textf("add %s to %s, or %s if it means something else", take, fault.Columns, ignore)
	}
	if called != nil {
		return table.Refuse(row, "%s, and %s does not say what it is", strings.Join(called, ", "), fault.Columns).
			WithAdvice(remedy(strings.Join(take, ","), strings.Join(ignored, ",")))
	}
	if r.Watch(row, said, remedy, rest...); header {
		for _, at := range rest {
			if len(row.Fields[at-1]) > 0 {
				r.Columns.Unknown = append(r.Columns.Unknown, at)
			}
		}
	}
	return nil
}

// find tells where a column stands, from 1.
func (c choice) find(row rows.Row) (int, error) {
	if c.number > len(row.Fields) {
		return 0, table.Refuse(row, "%s names column %d, the row ends with column %d", fault.Columns, c.number, len(row.Fields)).
			WithHint("count the columns again, or say %s or %s", fault.Delimiter, fault.SkipRows)
	}
	if c.number > 0 {
		return c.number, nil
	}
	found := 0
	for i, field := range row.Fields {
		switch {
		case rows.Name(field) != c.name:
		case found > 0:
			return 0, table.Refuse(row, "columns %d and %d both have the name for the %s", found, i+1, c.column).
				WithHint("say %s with their numbers", fault.Columns)
		default:
			found = i + 1
		}
	}
	if found == 0 {
		return 0, table.Refuse(row, "no column of this row has the name that %s gives for the %s", fault.Columns, c.column).
			WithHint("look up the names in the first row, or say %s with numbers, or %s", fault.Columns, fault.SkipRows)
	}
	return found, nil
}
