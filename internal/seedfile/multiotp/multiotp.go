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
	"fmt"
	"maps"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "multiotp"

var columns = []table.Column{table.Serial, table.Manufacturer, table.Kind, table.Seed, table.Digits, table.Moving}

var family = &table.Family{Name: Name, Columns: columns, Least: len(columns), Names: names()}

// names: elsewhere the algorithm is the hash.
func names() rows.Names[table.Column] {
	all := maps.Clone(table.Names())
	all["algorithm"] = table.Kind
	return all
}

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "CSV of multiOTP: serial, manufacturer, algorithm, seed, digits, interval or event",
		Example: []string{
			"2600412300001;Feitian;totp;3132333435363738393031323334353637383930;6;30",
			"2600412300002;Feitian;hotp;3132333435363738393031323334353637383930;6;0",
		},
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that multiOTP documents",
			Samples: []string{"multiotp/semicolon.csv", "multiotp/tab.txt"},
		},
		Sniff:  sniff,
		Open:   family.Open,
		Sheets: true,
	}
}

// sniff wants rows whose third column is a type and whose last are numbers, or
// the header, whose last name no other family has.
func sniff(s seedfile.Sample) seedfile.Match {
	first, err := table.FirstRow(s)
	if err != nil {
		return seedfile.Match{}
	}
	if l, is := table.Header(family.Names, first.Fields); is {
		if !named(first.Fields) || !l.Has(table.Serial) || !l.Has(table.Seed) {
			return seedfile.Match{}
		}
		return seedfile.Match{Fits: true, Why: "a header that names serial, seed and interval_or_event"}
	}
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		return len(fields) == len(columns) && table.IsType(fields[2]) && table.IsNumber(fields[4]) && table.IsNumber(fields[5])
	})
	if !t.Most() {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf(
		"6 columns, column 3 says hotp or totp and columns 5 and 6 are numbers in %d of the first %d rows", t.Met, t.Rows), Reads: "seeds in column 4"}
}

func named(header [][]byte) bool {
	for _, field := range header {
		if rows.Name(field) == "intervalorevent" {
			return true
		}
	}
	return false
}
