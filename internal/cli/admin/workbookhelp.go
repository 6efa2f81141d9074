package admin

import (
	"fmt"
	"strings"

	"fob/internal/cli/term"
	"fob/internal/report/export"
)

// workbookHelp explains every sheet and field, from what the writers use.
func workbookHelp() string {
	var b strings.Builder
	b.WriteString(`What an export holds. A workbook has these sheets behind its Summary; .zip has each
as a CSV file; .csv is Inventory alone. Changes is there with --compare, and .csv is
Changes alone then. .json is one object: made, by, host, version, store, filter,
events, head, compared_with, columns (the fields of the rows that are hashed), then an
array for each sheet, named in brackets, whose objects have these fields or more (nulls
where nothing is known), then changed with --compare, rows and rows_sha256. Of the
objects in trail the fields are those of ` + "`fob audit log --json`" + `. Times are UTC. Text that
begins with = + - @, TAB, CR or LF has an apostrophe before it, but in JSON: no
spreadsheet runs it, in the workbook, in CSV, or in CSV that a spreadsheet made of the
workbook.
`)
	sheet := ""
	for _, x := range export.Dictionary() {
		if x.Sheet != sheet {
			sheet = x.Sheet
			fmt.Fprintf(&b, "\n%s [%s]\n", sheet, export.ArrayOf(sheet))
		}
		fmt.Fprintf(&b, "  %s (%s)\n%s", x.Field, x.Kind, term.Fold("   ", x.About, "   ", 78))
	}
	return b.String()
}
