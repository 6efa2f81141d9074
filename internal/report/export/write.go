package export

import (
	"io"

	"fob/internal/report/sheet"
)

// WriteWorkbook writes the selected tokens as an Excel workbook: Summary (who,
// when, of what, counts, reconciliation of the batches, the head of the audit
// trail, the hash of the rows, charts), Inventory (one row a token), Bindings,
// Batches, Locations, Events, Exceptions, and a Data dictionary. The rows hash is
// that of the file WriteCSV writes. After an error what w received is no workbook:
// write to a temporary name and rename.
func WriteWorkbook(w io.Writer, r Reader, e Export) (t Totals, err error) {
	err = sheet.WriteBook(w, e.options("Token inventory"), func(b *sheet.Book) error {
		d, err := newDocument(r, e)
		if err != nil {
			return err
		}
		for _, s := range d.sheets {
			if err := b.Add(s); err != nil {
				return err
			}
		}
		t = d.totals()
		return d.writeSummary(b)
	})
	return t, err
}

// WriteArchive writes every sheet of WriteWorkbook as a CSV file of its name, in a
// ZIP archive. Inventory.csv is what WriteCSV writes, however many rows it has.
func WriteArchive(w io.Writer, r Reader, e Export) (t Totals, err error) {
	err = sheet.WriteArchive(w, e.options(""), func(z *sheet.Archive) error {
		d, err := newDocument(r, e)
		if err != nil {
			return err
		}
		for _, s := range d.sheets {
			if err := z.Add(s); err != nil {
				return err
			}
		}
		t = d.totals()
		return z.Add(d.summarySheet())
	})
	return t, err
}

// WriteCSV writes the selected tokens as RFC 4180 CSV: the sheet Inventory of
// WriteWorkbook, under the JSON names; where something is compared, the sheet
// Changes in its place, of which the totals are then. The SHA-256 of this file is the rows
// hash that workbook and JSON carry; so it is as strict as CSV can be:
//
//   - UTF-8 without a byte order mark, lines end in CR LF;
//   - every field in double quotes, those inside doubled;
//   - times RFC 3339 in UTC, whole seconds; drift and rate rounded to three
//     decimals; true and false; an empty field where nothing is known;
//   - exported_to joined by "; ";
//   - what XML cannot carry is U+FFFD, as in the workbook.
//
// Spreadsheets run CSV fields as formulas. Text that begins with = + - @, their
// full-width forms, TAB, CR or LF therefore gets an apostrophe in front; a
// program that reads the file takes it off. Numbers are never touched (a drift
// of -14.5 stays), nor can a serial begin so. Spreadsheets that split at
// semicolons can still be led astray by text, and all of them cut leading
// zeros off serials: the file for people is the workbook.
func WriteCSV(w io.Writer, r Reader, e Export) (Totals, error) {
	d, err := newDocument(r, e)
	if err != nil {
		return Totals{}, err
	}
	if d.changes == nil {
		err = sheet.WriteCSV(w, d.sheets[0])
		return d.totals(), err
	}
	err = sheet.WriteCSV(w, d.changesSheet())
	t := d.totals()
	t.Rows, t.SHA256 = t.Changes.Rows, t.Changes.SHA256
	return t, err
}
