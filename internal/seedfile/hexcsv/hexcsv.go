// Package hexcsv reads the family hex-csv: the serials and hex seeds that Duo and
// PingID take,
//
//	serial, hexseed[, counter (HOTP) or step (TOTP)]
//
// A file holds tokens of one type, and does not say which: the type, the digits
// and, where there is no third column, the step are the operator's to say. The
// counter is 0 where it is missing, as PingID documents, and the hash SHA-1.
package hexcsv

import (
	"fmt"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "hex-csv"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var family = &table.Family{
	Columns: []table.Column{table.Serial, table.Seed, table.Moving},
	Names:   table.Names(),
	Format: seedfile.Format{
		Name:  Name,
		Title: "hex CSV of Duo and PingID: serial, hex seed, perhaps the counter or step; of which type the operator says",
		Example: []string{
			"2600412300001,3132333435363738393031323334353637383930,0",
			"2600412300002,3132333435363738393031323334353637383931,0",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldCounter, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: seedfile.AsSaid, Found: "by its content; with two columns only by its name",
			Checked: "none; the columns are those that PingID documents",
			Samples: []string{"hex-csv/duo.csv", "hex-csv/pingid.txt"},
		},
		Sniff: sniff,
	},
}

// sniff wants two or three columns, with hex in the second and a number in the
// third; or a header that names serial, seed, and no more than what moves. Of a row
// with a type OATH CSV is made.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	first, err := in.Next()
	if err != nil || in.Delimiter() == ' ' {
		return seedfile.Match{}
	}
	l, named := table.Header(table.Names(), first.Fields)
	if !named {
		l = table.Order(table.Serial, table.Seed, table.Moving)
	} else if !fits(l) {
		return seedfile.Match{}
	}
	width, typed := 0, false
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		width = max(width, len(fields))
		typed = typed || len(fields) > 2 && table.IsType(fields[2])
		moving := fields[min(2, len(fields)-1)]
		return table.IsSeed(l.Field(fields, table.Seed), seedfile.Hex) &&
			(named || len(fields) == 2 || len(fields) == 3 && (len(moving) == 0 || table.IsNumber(moving)))
	})
	switch {
	case named:
		named := "names " + table.KnownColumns(l) + " and no type"
		if t.Rows--; t.Rows > 0 && !t.Most() {
			return seedfile.Match{Why: "the header " + named + ", but the seeds are not hex"}
		}
		return seedfile.Match{Fits: true, Why: "a header that " + named}
	case typed:
		return seedfile.Match{}
	}
	return t.Match(fmt.Sprintf("%d columns, column 2 is hex", width), "asks for the type and the digits")
}

// fits judges a header: others name a type, or who made the tokens.
func fits(l table.Layout) bool {
	for _, c := range []table.Column{table.Kind, table.Digits, table.Hash, table.Manufacturer, table.Model, table.Account, table.Resolver, table.Realm} {
		if l.Has(c) {
			return false
		}
	}
	return l.Has(table.Serial) && l.Has(table.Seed) && l.Unknown == nil
}
