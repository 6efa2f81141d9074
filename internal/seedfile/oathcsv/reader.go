package oathcsv

import (
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
)

var family = &table.Family{
	Name:     Name,
	Columns:  columns,
	Names:    table.Names(),
	Encoding: seedfile.Hex,
	Begin:    begin,
	Unsure:   maybeStep,
}

var (
	columns = []table.Column{table.Serial, table.Seed, table.Kind, table.Digits, table.Moving, table.Hash}
	leading = []table.Column{table.Account, table.Resolver, table.Realm}
)

// begin tells version 2 by its first line, or by its first row.
func begin(r *table.Reader, row rows.Row) error {
	if versionTwo(r.Comment()) || isVersionTwo(row.Fields) {
		r.Arrange(append(leading[:len(leading):len(leading)], columns...)...)
	}
	return nil
}

// versionTwo reads the comment "# version: 2".
func versionTwo(comment string) bool {
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(comment, "#, \t")), "")) == "version:2"
}

// isVersionTwo recognises a row with three columns in front of the serial.
func isVersionTwo(fields [][]byte) bool {
	n := len(leading)
	return len(fields) > n+2 && !table.IsType(fields[2]) && isRow(fields[n:])
}

// isRow recognises a row of version 1.
func isRow(fields [][]byte) bool {
	return len(fields) > 2 && len(fields[0]) > 0 && table.IsType(fields[2]) && table.IsSeed(fields[1], seedfile.Hex)
}

// maybeStep: with six columns the order may be LinOTP's, whose fifth is the
// step, and 30 or 60 are what a step would be.
func maybeStep(r *table.Reader, rec *seedfile.Record, fields [][]byte) bool {
	n, _, _ := table.Number(r.Columns.Field(fields, table.Moving))
	if !r.Full(fields) || n != 30 && n != 60 {
		return false
	}
	rec.Question(seedfile.FieldCounter,
		"column %d may be the counter (privacyIDEA) or LinOTP's step; say --counter, which takes its place", r.Columns.At(table.Moving))
	return true
}
