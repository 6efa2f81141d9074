// Package netiq reads the family netiq: the CSV of NetIQ (now OpenText) Advanced
// Authentication,
//
//	serial, hex seed[, totp or hotp[, digits[, step]]]
//
// What is missing has the documented defaults: HOTP, 6 digits, 30 s. The step
// means nothing for an HOTP token, which starts at 0. The same five columns with
// a type in the third are more often OATH CSV, whose fifth is the counter of an
// HOTP token; such a file is read as this one only when the operator names it.
package netiq

import (
	"bytes"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "netiq"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var family = &table.Family{
	Columns: []table.Column{table.Serial, table.Seed, table.Kind, table.Digits, table.Period},
	Names:   table.Names(),
	Format: seedfile.Format{
		Name:  Name,
		Title: "CSV of NetIQ Advanced Authentication: serial, hex seed, perhaps type, digits and step",
		Example: []string{
			"2600412300001,3132333435363738393031323334353637383930",
			"2600412300002,3132333435363738393031323334353637383931",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, Period: 30},
		Defaulted: seedfile.SetOf(seedfile.Fields()...),
		Support: seedfile.Support{
			Read: "HOTP and TOTP", Found: "by its name: its files are those of hex-csv or oath-csv too",
			Checked: "none; the columns are those that NetIQ documents",
			Samples: []string{"netiq/two.csv", "netiq/five.csv"},
		},
		Sniff: sniff,
	},
}

// sniff wants two columns, the second hex, and no header. With a type behind them
// the file is also OATH CSV, which reads up to four columns in the same way, and a
// fifth as the counter of HOTP tokens: a counter that is 30 or 60 for all of them is
// rare.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	first, err := in.Next()
	if err != nil || in.Delimiter() == ' ' {
		return seedfile.Match{}
	}
	if _, named := table.Header(table.Names(), first.Fields); named {
		return seedfile.Match{}
	}
	wider, steps, counters := false, 0, 0
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		wider = wider || len(fields) > 2
		hex := len(fields) > 1 && table.IsSeed(fields[1], seedfile.Hex)
		if hex && len(fields) == 5 && bytes.EqualFold(fields[2], []byte(token.HOTP)) {
			if n, _, _ := table.Number(fields[4]); n == 30 || n == 60 {
				steps++
			} else {
				counters++
			}
		}
		return hex && len(fields) == 2
	})
	switch {
	case steps > 0 && counters == 0:
		return seedfile.Match{
			Fits: true, Why: "5 columns, and the last of HOTP tokens is 30 or 60, as a step would be",
			Reads: "column 5 is a step, which means nothing for HOTP tokens: they start at 0",
		}
	case wider: // the others may be torn
		return seedfile.Match{}
	}
	return t.Match("2 columns, column 2 is hex", "HOTP with 6 digits, unless the operator says otherwise")
}
