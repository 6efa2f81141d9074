package report

import (
	"bufio"
	"fmt"
	"io"
)

// WriteCSV writes the selected tokens as RFC 4180 CSV: the sheet Inventory of
// WriteWorkbook, under the JSON names; where something is compared, the sheet
// Changes in its place. The SHA-256 of this file is the rows
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
	if d.changes != nil {
		return d.writeChanges(w)
	}
	k := d.walk
	out := bufio.NewWriterSize(w, outBuffer)
	if _, err := out.Write(k.line); err != nil {
		return Totals{}, writeError(err)
	}
	err = d.sheets[0].each(func(any, []value) error {
		_, err := out.Write(k.line)
		return writeError(err)
	})
	if err != nil {
		return Totals{}, err
	}
	return k.totals(d.summary), writeError(out.Flush())
}

// writeChanges writes the sheet Changes as WriteCSV does the inventory. Rows and hash
// of the totals are those of this file.
func (d *document) writeChanges(w io.Writer) (Totals, error) {
	out := bufio.NewWriterSize(w, outBuffer)
	line := appendHeader(nil, headsOf(changeColumns))
	_, _ = out.Write(line) // Flush tells of the error
	changes := sheetOf(changesSheet, "", "", changeColumns, d.changes.rows)
	err := changes.each(func(_ any, values []value) error {
		line = appendLine(line[:0], values)
		_, err := out.Write(line)
		return writeError(err)
	})
	if err != nil {
		return Totals{}, err
	}
	t := d.totals()
	t.Rows, t.SHA256 = t.Changes.Rows, t.Changes.SHA256
	return t, writeError(out.Flush())
}

const outBuffer = 64 << 10

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing the export: %w", err)
}

func appendHeader(b []byte, heads []head) []byte {
	for i := range heads {
		b = append(b, '"')
		b = append(b, heads[i].name...)
		b = append(b, '"', ',')
	}
	return endLine(b)
}

func appendLine(b []byte, vs []value) []byte {
	for _, v := range vs {
		b = append(v.appendCSV(b), ',')
	}
	return endLine(b)
}

// endLine puts the end of the line in place of the last comma.
func endLine(b []byte) []byte { return append(b[:len(b)-1], '\r', '\n') }
