package columns

import (
	"io"

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
		Title: "any other table: --columns names what is where, here serial=Seriennummer,seed=Geheimnis,type=Art",
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
	for i := range at {
		at[i] = table.Other
	}
	for _, c := range m {
		n, err := c.find(row)
		if err != nil {
			return false, err
		}
		if at[n-1] != table.Other {
			return false, token.Errorf(token.Usage, "--columns takes column %d for the %s and for the %s", n, at[n-1], c.column)
		}
		at[n-1] = c.column
		header = header || c.number == 0
	}
	r.Set(table.Order(at...), len(row.Fields), header)
	return header, nil
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
