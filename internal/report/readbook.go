package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// kindNames are the kinds as the dictionary of a workbook names them: with the
// field names it makes a workbook readable back, also one of another version of
// fob, with other columns.
var kindNames = map[kind]string{
	words: "text", whole: "whole number", decimal: "decimal number", instant: "time (UTC)", truth: "true or false",
}

// maxUnzipped bounds what a workbook may unpack to: a million rows of an
// inventory are about 1 GB of XML.
const maxUnzipped = 16 << 30

// readBackWorkbook reads the cells of all inventory sheets and writes them down
// as WriteCSV would have.
func readBackWorkbook(w io.Writer, r io.Reader, o ReadOptions) (rows int, err error) {
	err = withBook(r, o, func(f *excelize.File) (err error) {
		rows, err = readInventory(w, f)
		return err
	})
	return rows, err
}

// withBook opens a workbook for use.
func withBook(r io.Reader, o ReadOptions, use func(*excelize.File) error) error {
	dir, err := os.MkdirTemp(o.TempDir, "fob-verify-")
	if err != nil {
		return fmt.Errorf("a folder for the workbook's temporary files: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	f, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, TmpDir: dir, UnzipSizeLimit: maxUnzipped, Password: string(o.Password)})
	if errors.Is(err, excelize.ErrWorkbookPassword) || err != nil && o.Password == nil && isEncrypted(r) {
		return token.Errorf(token.KeyTrouble, "the workbook has a password, and this is not it").WithHint("give it with --password-file FILE")
	}
	if err != nil {
		return unreadable("workbook", err)
	}
	defer func() { _ = f.Close() }()
	return use(f)
}

func readInventory(w io.Writer, f *excelize.File) (rows int, err error) {
	known, err := readDictionary(f)
	if err != nil {
		return 0, err
	}
	b := &bookReader{file: f, known: known, out: w}
	for _, sheet := range f.GetSheetList() {
		if inventoryName.MatchString(sheet) {
			if err := b.read(sheet); err != nil {
				return 0, err
			}
		}
	}
	if b.fields == nil {
		return 0, token.Errorf(token.Integrity, "the workbook has no sheet %s", inventorySheet)
	}
	return b.rows, nil
}

// isEncrypted tells an Office document with a password by its first bytes.
func isEncrypted(r io.Reader) bool {
	at, ok := r.(io.ReaderAt)
	if !ok {
		return false
	}
	var first [8]byte
	_, err := at.ReadAt(first[:], 0)
	return err == nil && string(first[:]) == "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
}

var inventoryName = regexp.MustCompile(`^` + inventorySheet + `( [0-9]+)?$`)

// field is a column of the inventory as the workbook's own dictionary explains
// it.
type field struct {
	name string
	kind kind
}

// oldDictionary is what the dictionary was called when a workbook had one sheet of
// rows, and no column that named the sheet.
const oldDictionary = "Columns"

// readDictionary gives the fields of the inventory by their titles. A dictionary
// that was changed gives another hash, as changed rows do.
func readDictionary(f *excelize.File) (map[string]field, error) {
	sheet, prefix := dictionarySheet, []string{inventorySheet}
	if i, err := f.GetSheetIndex(dictionarySheet); err != nil || i < 0 {
		sheet, prefix = oldDictionary, nil
	}
	rows, err := f.GetRows(sheet)
	if err != nil {
		return nil, unreadable("workbook", err)
	}
	kinds := make(map[string]kind)
	for k, name := range kindNames {
		kinds[name] = k
	}
	fields := make(map[string]field)
	for _, row := range rows {
		if len(row) < len(prefix)+3 || !slices.Equal(row[:len(prefix)], prefix) {
			continue
		}
		row = row[len(prefix):]
		if kinds[row[2]] != nothing {
			fields[row[0]] = field{row[1], kinds[row[2]]}
		}
	}
	return fields, nil
}

// bookReader writes sheet after sheet as canonical CSV.
type bookReader struct {
	file   *excelize.File
	known  map[string]field
	fields []field // of the header, the same on all sheets
	out    io.Writer
	rows   int
	line   []byte
}

func (b *bookReader) read(sheet string) error {
	rows, err := b.file.Rows(sheet)
	if err != nil {
		return unreadable("workbook", err)
	}
	defer func() { _ = rows.Close() }()
	for n := 0; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return unreadable("workbook", err)
		}
		if n == 0 {
			err = b.header(sheet, cells)
		} else if len(cells) > 0 {
			err = b.row(sheet, n+1, cells)
		}
		if err != nil {
			return err
		}
	}
	return rows.Error()
}

// header writes the names of the fields, once.
func (b *bookReader) header(sheet string, titles []string) error {
	fields := make([]field, len(titles))
	for i, title := range titles {
		f, ok := b.known[title]
		if !ok {
			return token.Errorf(token.Integrity, "sheet %s: column %d is in no dictionary of the workbook", sheet, i+1)
		}
		fields[i] = f
	}
	if b.fields != nil {
		if len(fields) != len(b.fields) {
			return token.Errorf(token.Integrity, "sheet %s has other columns than the first", sheet)
		}
		return nil
	}
	b.fields = fields
	b.line = b.line[:0]
	for _, f := range fields {
		b.line = append(wordsOf(f.name).appendCSV(b.line), ',')
	}
	_, err := b.out.Write(endLine(b.line))
	return err
}

func (b *bookReader) row(sheet string, n int, cells []string) error {
	if len(cells) > len(b.fields) {
		return token.Errorf(token.Integrity, "sheet %s, row %d has more cells than the header", sheet, n)
	}
	b.line = b.line[:0]
	for i, f := range b.fields {
		var v value
		if i < len(cells) {
			v = readValue(cells[i], f.kind)
		}
		b.line = append(v.appendCSV(b.line), ',')
	}
	b.rows++
	_, err := b.out.Write(endLine(b.line))
	return err
}

// readValue is the inverse of value.cell: what Excel cannot hold exactly is text
// there, and stays so.
func readValue(raw string, k kind) value {
	if raw == "" || k == words {
		return wordsOf(raw)
	}
	if k == whole {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return wordsOf(raw)
		}
		return wholeOf(n)
	}
	x, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil:
		return wordsOf(raw)
	case k == truth:
		return truthOf(x != 0)
	case k == decimal:
		return decimalAt(&x)
	}
	at, err := excelize.ExcelDateToTime(x, false)
	if err != nil {
		return wordsOf(raw)
	}
	return instantOf(at.Round(time.Second))
}
