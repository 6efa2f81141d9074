package oathcsv

import (
	"fmt"
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
func begin(r *table.Reader, row rows.Row) (header bool, err error) {
	if versionTwo(r.Comment()) || isVersionTwo(row.Fields) {
		r.Arrange(append(leading[:len(leading):len(leading)], columns...)...)
	}
	return false, nil
}

// versionTwo reads the comment "# version: 2".
func versionTwo(comment string) bool {
	return strings.ToLower(strings.Join(strings.Fields(strings.Trim(comment, "#, \t")), "")) == "version:2"
}

// isVersionTwo recognises a row whose type stands three columns behind its place
// in version 1.
func isVersionTwo(fields [][]byte) bool {
	n := len(leading)
	return len(fields) > n+2 && !table.IsType(fields[2]) && table.IsType(fields[n+2])
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
