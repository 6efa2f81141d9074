// Package nexus reads the family nexus: the text that Nexus Hybrid Access Gateway
// takes when "seed and counter is base64 encoded" is chosen,
//
//	serial:seed:counter
//
// with the seed's bytes in base64 and the counter's decimal digits in base64. The
// type and the digits are the operator's to say, and of TOTP tokens the step; the
// hash is SHA-1.
package nexus

import (
	"encoding/base64"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "nexus"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var columns = []table.Column{table.Serial, table.Seed, table.Counter}

var family = &table.Family{
	Columns:   columns,
	Least:     len(columns),
	Delimiter: ':',
	Strip:     openCounter,
	Format: seedfile.Format{
		Name:  Name,
		Title: "text of Nexus: serial, seed in base64, and the counter's digits in base64, with colons between them",
		Example: []string{
			"2600412300001:MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=:MA==",
			"2600412300002:MTIzNDU2Nzg5MDEyMzQ1Njc4OTE=:MTAw",
		},
		Encoding:  seedfile.Base64,
		Defaults:  token.Params{Hash: token.SHA1},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: seedfile.AsSaid, Checked: "none; the columns are those that Nexus documents",
			Samples: []string{"nexus/plain.txt"},
		},
		Sniff: sniff,
	},
}

// openCounter puts the counter's digits in the place of their base64.
func openCounter(_ *table.Reader, rec seedfile.Record, row rows.Row) (seedfile.Record, rows.Row) {
	if len(row.Fields) < len(columns) || !row.BlankFrom(len(columns)) {
		return rec, row // for the width's check to say
	}
	digits, ok := decimal(row.Fields[2])
	if !ok {
		rec.Serial = string(row.Fields[0])
		rec.Fail("the counter in column 3 is not a number from 0 to 2^63-1 in base64")
		return rec, row
	}
	row.Fields[2] = digits
	return rec, row
}

// decimal reads a number written in base64.
func decimal(text []byte) (digits []byte, ok bool) {
	digits, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	return digits, err == nil && table.IsNumber(digits)
}

// sniff wants two colons in a row, with base64 behind the first and a number in
// base64 behind the second.
func sniff(s seedfile.Sample) seedfile.Match {
	s.Options.Delimiter = ':'
	t := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		if len(fields) != len(columns) || !table.IsSeed(fields[1], seedfile.Base64) {
			return false
		}
		_, ok := decimal(fields[2])
		return ok
	})
	return t.Match("seed and counter in base64 behind colons", "")
}
