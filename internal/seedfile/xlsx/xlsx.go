// Package xlsx declares the family xlsx: lists in a sheet of an Excel workbook.
// What a sheet holds is a table like any other: it is read by the rules of the
// family that its header would be one of in a text (entra, oath-csv and so on), or
// by --columns. Package rows walks over the sheet, package table holds its cells to
// what a spreadsheet can have done to them: serials that became numbers, formulas,
// dates. A workbook with a password is undone by package delivery before.
package xlsx

import (
	"io"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// Name is the format's name.
const Name = "xlsx"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "Excel workbook: a sheet whose columns are those of one of the tables above",
		Example: []string{
			"A1 serial number   B1 secret key                       C1 time interval   D1 manufacturer   E1 model",
			"A2 2308602200001   B2 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ   C2 30              D2 Token2         E2 c202",
		},
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: "by its content, as the same table in a text would be; the operator names the sheet where several have content", Encrypted: "by the workbook's password (Office 2007 and later)",
			Checked: "openpyxl and gnumeric made them; officecrypto-tool and xlsx-populate set the passwords, msoffcrypto-tool opened them",
			Samples: []string{"xlsx/entra.xlsx", "xlsx/gnumeric.xlsx", "xlsx/numbers.xlsx"},
		},
		Sniff: func(seedfile.Sample) seedfile.Match { return seedfile.Match{} }, // a sample has no directory
		Open: func(io.Reader, seedfile.Options) (seedfile.Reader, error) {
			return nil, fault.Errorf(fault.Internal, "a workbook is read by the rules of another family, which nobody has named")
		},
	}
}

// Of is a workbook whose sheet is read by the rules of a family.
func Of(rules seedfile.Format) seedfile.Format {
	f := Format()
	rules.As, rules.Name, rules.Title, rules.Example, rules.Support = rules.Name, f.Name, f.Title, f.Example, f.Support
	return rules
}
