// Package netiq reads the family netiq: the CSV of NetIQ (now OpenText) Advanced
// Authentication,
//
//	serial, hex seed[, totp or hotp[, digits[, step]]]
//
// What is missing has the documented defaults: HOTP, 6 digits, 30 s. The step
// means nothing for an HOTP token, which starts at 0. The same five columns with
// a type in the third are more often OATH CSV, whose fifth is the counter of an
// HOTP token; such a file is read as this one only when --format says so.
package netiq

import (
	"bytes"
	"fmt"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "netiq"

var family = &table.Family{
	Name:     Name,
	Columns:  []table.Column{table.Serial, table.Seed, table.Kind, table.Digits, table.Period},
	Names:    table.Names(),
	Encoding: seedfile.Hex,
}

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "CSV of NetIQ Advanced Authentication: serial, hex seed, perhaps type, digits and step",
		Example: []string{
			"2600412300001,3132333435363738393031323334353637383930",
			"2600412300002,3132333435363738393031323334353637383931",
		},
		Encoding: seedfile.Hex,
		Defaults: token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, Period: 30},
		Counter:  0,
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldType).With(seedfile.FieldHash).With(seedfile.FieldDigits).
			With(seedfile.FieldPeriod).With(seedfile.FieldCounter).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "HOTP and TOTP", Found: "`--format netiq`: its files are those of hex-csv or oath-csv too", Encrypted: seedfile.NotEncrypted,
			Checked: "none; the columns are those that NetIQ documents",
			Samples: []string{"netiq/two.csv", "netiq/five.csv"},
		},
		Sniff:  sniff,
		Open:   family.Open,
		Sheets: true,
	}
}

// step counts the HOTP tokens whose last column is a step for those of OATH CSV
// whose it is none: a counter that is 30 or 60 for all of them is rare.
func step(fields [][]byte) int {
	if len(fields) != 5 || !bytes.EqualFold(fields[2], []byte(token.HOTP)) || !table.IsSeed(fields[1], seedfile.Hex) {
		return 0
	}
	if n, _, _ := table.Number(fields[4]); n == 30 || n == 60 {
		return 1
	}
	return -rowsAtMost
}

// rowsAtMost is more than a sample has rows.
const rowsAtMost = 1 << 16

// sniff wants two columns, the second hex. With a type behind them the file is
// also OATH CSV, which reads up to four columns in the same way, and a fifth as
// the counter of HOTP tokens.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	first, err := in.Next()
	if err != nil || in.Delimiter() == ' ' {
		return seedfile.Match{}
	}
	if _, named := table.Header(table.Names(), first.Fields); named {
		return seedfile.Match{} // NetIQ's files have no header
	}
	wider, steps := false, 0
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		wider = wider || len(fields) > 2
		steps += step(fields)
		return len(fields) == 2 && table.IsSeed(fields[1], seedfile.Hex)
	})
	if steps > 0 {
		return seedfile.Match{
			Fits: true, Why: "5 columns, and the last of HOTP tokens is 30 or 60, as a step would be",
			Reads: "column 5 is a step, which means nothing for HOTP tokens: they start at 0",
		}
	}
	if !t.Most() || wider { // the others may be torn
		return seedfile.Match{}
	}
	return seedfile.Match{
		Fits: true, Why: fmt.Sprintf("2 columns, column 2 is hex in %d of the first %d rows", t.Met, t.Rows),
		Reads: "HOTP with 6 digits, unless flags say otherwise",
	}
}
