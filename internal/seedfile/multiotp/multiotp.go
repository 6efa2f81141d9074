// Package multiotp reads the family multiotp: what multiOTP imports as CSV,
//
//	serial;manufacturer;algorithm;seed;digits;interval or event
//
// with semicolons, commas or tabs. The algorithm is the type, of which fob keeps
// hotp and totp; the last column is the step of a TOTP token and the counter of
// an HOTP token. multiOTP tries to guess how a seed is written that is not hex;
// here the encoding is inferred over the whole file. The hash is SHA-1.
package multiotp

import (
	"maps"
	"slices"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "multiotp"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var columns = []table.Column{table.Serial, table.Manufacturer, table.Kind, table.Seed, table.Digits, table.Moving}

var family = &table.Family{
	Columns: columns,
	Least:   len(columns),
	Names:   names(),
	Format: seedfile.Format{
		Name:  Name,
		Title: "CSV of multiOTP: serial, manufacturer, algorithm, seed, digits, interval or event",
		Example: []string{
			"2600412300001;Feitian;totp;3132333435363738393031323334353637383930;6;30",
			"2600412300002;Feitian;hotp;3132333435363738393031323334353637383930;6;0",
		},
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Checked: "none; the columns are those that multiOTP documents",
			Samples: []string{"multiotp/semicolon.csv", "multiotp/tab.txt"},
		},
		Sniff: sniff,
	},
}

// names: elsewhere the algorithm is the hash.
func names() rows.Names[table.Column] {
	all := maps.Clone(table.Names())
	all["algorithm"] = table.Kind
	return all
}

// sniff wants rows whose third column is a type and whose last are numbers, or
// the header, whose last name no other family has.
func sniff(s seedfile.Sample) seedfile.Match {
	first, err := table.FirstRow(s)
	if err != nil {
		return seedfile.Match{}
	}
	if l, is := table.Header(names(), first.Fields); is {
		named := slices.ContainsFunc(first.Fields, func(f []byte) bool { return rows.Name(f) == "intervalorevent" })
		if !named || !l.Has(table.Serial) || !l.Has(table.Seed) {
			return seedfile.Match{}
		}
		return seedfile.Match{Fits: true, Why: "a header that names serial, seed and interval_or_event"}
	}
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		return len(fields) == len(columns) && table.IsType(fields[2]) && table.IsNumber(fields[4]) && table.IsNumber(fields[5])
	})
	return t.Match("6 columns, column 3 says hotp or totp and columns 5 and 6 are numbers", "seeds in column 4")
}
