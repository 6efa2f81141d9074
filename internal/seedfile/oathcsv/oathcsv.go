// Package oathcsv reads the family oath-csv: one token a row, with the seed in
// hex, in the order of privacyIDEA
//
//	serial, hexkey, type, digits, counter (HOTP) or step (TOTP)
//
// or of LinOTP
//
//	serial, hexkey, type, digits, step, hash
//
// and, in version 2 of either, whose first line may be "# version: 2", behind
// user, resolver and realm; the account is user@realm then, or the user alone
// where there is no realm or the name has an @ of its own.
//
// Behind the seed, columns may be missing or empty: digits are 6 then, the step
// 30 s, the counter 0 and the hash SHA-1; the type has no default. Where some lines have
// fewer columns than others, this takes Options.Compat. A first row
// of column names is followed, whatever its order.
package oathcsv

import (
	"fmt"
	"slices"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "oath-csv"

// Format declares the family.
func Format() seedfile.Format { return family.Declare() }

var (
	columns = []table.Column{table.Serial, table.Seed, table.Kind, table.Digits, table.Moving, table.Hash}
	leading = []table.Column{table.Account, table.Resolver, table.Realm}
)

var family = &table.Family{
	Columns:  columns,
	Optional: true,
	Names:    table.Names(),
	Begin:    begin,
	Unsure:   maybeStep,
	Format: seedfile.Format{
		Name:  Name,
		Title: "OATH CSV of privacyIDEA and LinOTP: serial, hex seed, type, digits, counter or step, hash",
		Example: []string{
			"2600412300001,3132333435363738393031323334353637383930,totp,6,30",
			"2600412300002,3132333435363738393031323334353637383930,hotp,6,0",
		},
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Hash: token.SHA1, Digits: 6, Period: 30},
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldDigits, seedfile.FieldPeriod, seedfile.FieldCounter, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Checked: "none; the columns are those that privacyIDEA documents",
			Samples: []string{"oath-csv/bom-semicolon.csv", "oath-csv/sep-quotes-crlf.csv", "oath-csv/version2.csv"},
		},
		Sniff: sniff,
	},
}

func begin(r *table.Reader, row rows.Row) (header bool, err error) {
	if isVersionTwo(r.Comment(), row.Fields) {
		r.Arrange(slices.Concat(leading, columns)...)
	}
	return false, nil
}

// isVersionTwo reads the comment "# version: 2", or recognises a row whose type
// stands three columns behind its place in version 1.
func isVersionTwo(comment string, fields [][]byte) bool {
	n := len(leading)
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(comment, "#, \t")), "")) == "version:2" ||
		len(fields) > n+2 && !table.IsType(fields[2]) && table.IsType(fields[n+2])
}

// maybeStep: with six columns the order may be LinOTP's, whose fifth is the
// step, and 30 or 60 are what a step would be.
func maybeStep(r *table.Reader, fields [][]byte) string {
	n, _, _ := table.Number(r.Columns.Field(fields, table.Moving))
	if !r.Full(fields) || n != 30 && n != 60 {
		return ""
	}
	return fmt.Sprintf("column %d may be the counter (privacyIDEA) or LinOTP's step", r.Columns.At(table.Moving))
}

// sniff wants a header of this family's names, or rows whose third column is
// hotp or totp and whose second is hex, perhaps behind the three of version 2. The
// type is what other families' headers do not name.
func sniff(s seedfile.Sample) seedfile.Match {
	in := table.SampleRows(s)
	first, err := in.Next()
	if err != nil {
		return seedfile.Match{}
	}
	switch l, is := table.Header(table.Names(), first.Fields); {
	case !is:
	case !l.Has(table.Serial) || !l.Has(table.Seed):
		return seedfile.Match{}
	case !l.Has(table.Kind):
		return seedfile.Match{Why: "the header names no type, only " + table.KnownColumns(l)}
	default:
		return seedfile.Match{Fits: true, Why: "a header that names " + table.KnownColumns(l)}
	}
	ahead, version := 0, ""
	if isVersionTwo(in.Comment(), first.Fields) {
		ahead, version = len(leading), " (version 2, with user, resolver and realm)"
	}
	hex := 0
	typed := table.Count(s, table.SampleRows(s), func(fields [][]byte) bool {
		if len(fields) < ahead+3 || len(fields[ahead]) == 0 || !table.IsType(fields[ahead+2]) {
			return false
		}
		if seed, err := seedfile.DecodeText(fields[ahead+1], seedfile.Hex); err == nil {
			seed.Clear()
			hex++
		}
		return true
	})
	switch {
	case !typed.Most():
		return seedfile.Match{}
	case 2*hex < typed.Rows:
		return seedfile.Match{Why: fmt.Sprintf("column %d says hotp or totp in %d of the first %d rows, but the seeds of column %d are not hex",
			ahead+3, typed.Met, typed.Rows, ahead+2)}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("column %d is hex in %d and column %d says hotp or totp in %d of the first %d rows%s",
		ahead+2, hex, ahead+3, typed.Met, typed.Rows, version), Reads: "seeds in column 2, and a fifth is the counter of HOTP tokens"}
}
