package report

import (
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/rows"
	"fob/internal/spool"
)

// kindNames are the kinds as the dictionary of a workbook names them: with the
// field names it makes a workbook readable back, also one of another version of
// fob, with other columns.
var kindNames = map[kind]string{
	words: "text", whole: "whole number", decimal: "decimal number", instant: "time (UTC)", truth: "true or false",
}

// maxUnzipped bounds what the CSV of an archive may unpack to: a million rows of an
// inventory are about 500 MB.
const maxUnzipped = 16 << 30

// bookLimits are those of a workbook to be read back. A sheet of a million tokens has
// 2.6 GB, and packs 20:1; saved again by Excel, the texts of its cells are 300 MB of
// shared strings. A cell holds 32,767 characters of at most 4 bytes.
var bookLimits = rows.BookLimits{Part: 16 << 30, Ratio: 200, About: 512 << 20, Cell: 4 * maxText}

// readBackWorkbook reads the cells of all inventory sheets and writes them down
// as WriteCSV would have.
func readBackWorkbook(w io.Writer, file io.ReaderAt, size int64, o ReadOptions) (n int, err error) {
	err = withBook(file, size, o, func(book *rows.Book) (err error) {
		n, err = readInventory(w, book)
		return err
	})
	return n, err
}

// withBook opens a workbook for use.
func withBook(file io.ReaderAt, size int64, o ReadOptions, use func(*rows.Book) error) error {
	locked, err := office.Open("the workbook", file)
	if err != nil {
		return unreadable("workbook", err)
	}
	if locked != nil {
		plain, err := unlocked(locked, o)
		if err != nil {
			return err
		}
		defer func() { _ = plain.Close() }()
		file, size = plain, plain.Size()
	}
	book, err := rows.OpenBook(file, size, bookLimits)
	if err != nil {
		return unreadable("workbook", err)
	}
	return use(book)
}

func readInventory(w io.Writer, book *rows.Book) (int, error) {
	if !slices.ContainsFunc(book.Sheets(), inventoryName.MatchString) {
		return 0, fault.Errorf(fault.Integrity, "the workbook is no export of an inventory: it has no sheet %s", inventorySheet).
			WithHint("`fob export` writes one; the workbook of a report is signed by nobody")
	}
	known, err := readDictionary(book)
	if err != nil {
		return 0, err
	}
	b := &bookReader{book: book, known: known, out: w}
	for _, sheet := range book.Sheets() {
		if inventoryName.MatchString(sheet) {
			if err := b.read(sheet); err != nil {
				return 0, err
			}
		}
	}
	if b.fields == nil {
		return 0, fault.Errorf(fault.Integrity, "the sheet %s of the workbook is empty", inventorySheet)
	}
	return b.rows, nil
}

// unlocked is the workbook out of one with a password, in a spool that is sealed
// again: it is not read before its HMAC was compared.
func unlocked(d *office.Document, o ReadOptions) (s *spool.File, err error) {
	switch {
	case o.Password == nil:
		return nil, fault.Errorf(fault.KeyTrouble, "the workbook has a password").WithHint("give it with --password-file FILE, whose first line counts")
	case !d.Unlock(o.Password):
		return nil, fault.Errorf(fault.KeyTrouble, "the workbook has another password").WithHint("look for blanks at its end, and for the file that was used when it was made")
	}
	pack := d.Package()
	if pack == nil {
		return nil, unreadable("workbook", office.Damaged("the workbook"))
	}
	if s, err = spool.New(o.TempDir, o.Random); err != nil {
		return nil, err
	}
	if _, err = io.Copy(s, d.Decrypt(pack)); err == nil {
		err = s.Finish()
	}
	if err == nil {
		return s, nil
	}
	_ = s.Close() // the first error counts
	return nil, unreadable("workbook", err)
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
func readDictionary(book *rows.Book) (map[string]field, error) {
	sheet, prefix := dictionarySheet, []string{inventorySheet}
	if !slices.Contains(book.Sheets(), dictionarySheet) {
		sheet, prefix = oldDictionary, nil
	}
	kinds := make(map[string]kind)
	for k, name := range kindNames {
		kinds[name] = k
	}
	fields := make(map[string]field)
	var row []string
	err := book.Each(sheet, func(_ int, cells []rows.Cell) error {
		if row = laidOut(row[:0], cells); len(row) < len(prefix)+3 || !slices.Equal(row[:len(prefix)], prefix) {
			return nil
		}
		own := row[len(prefix):]
		if kinds[own[2]] != nothing {
			fields[own[0]] = field{own[1], kinds[own[2]]}
		}
		return nil
	})
	if err != nil {
		return nil, unreadable("workbook", err)
	}
	return fields, nil
}

// laidOut puts the texts of cells where their columns are.
func laidOut(row []string, cells []rows.Cell) []string {
	for _, c := range cells {
		for len(row) < c.Column-1 {
			row = append(row, "")
		}
		text := c.Text
		if c.Kind == rows.Text {
			text = plainText(text)
		}
		row = append(row, text)
	}
	return row
}

// escape is how Excel writes a character that XML does not carry (ST_Xstring).
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// plainText undoes the escapes.
func plainText(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
}

// bookReader writes sheet after sheet as canonical CSV.
type bookReader struct {
	book   *rows.Book
	known  map[string]field
	fields []field // of the header, the same on all sheets
	out    io.Writer
	rows   int
	cells  []string
	line   []byte
}

func (b *bookReader) read(sheet string) error {
	first := true
	err := b.book.Each(sheet, func(n int, cells []rows.Cell) error {
		for _, c := range cells {
			if c.Kind == rows.Formula {
				return fault.Errorf(fault.Integrity, "sheet %s: cell %s%d holds a formula, and no export does", sheet, rows.ColumnName(c.Column), n)
			}
		}
		b.cells = laidOut(b.cells[:0], cells)
		if first {
			first = false
			return b.header(sheet, b.cells)
		}
		return b.row(sheet, n, b.cells)
	})
	if err == nil && first {
		return fault.Errorf(fault.Integrity, "sheet %s is empty", sheet)
	}
	if err != nil && fault.KindOf(err) != fault.Integrity {
		return unreadable("workbook", err)
	}
	return err
}

// header writes the names of the fields, once.
func (b *bookReader) header(sheet string, titles []string) error {
	fields := make([]field, len(titles))
	for i, title := range titles {
		f, ok := b.known[title]
		if !ok {
			return fault.Errorf(fault.Integrity, "sheet %s: column %d is in no dictionary of the workbook", sheet, i+1)
		}
		fields[i] = f
	}
	if b.fields != nil {
		if len(fields) != len(b.fields) {
			return fault.Errorf(fault.Integrity, "sheet %s has other columns than the first", sheet)
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
		return fault.Errorf(fault.Integrity, "sheet %s, row %d has more cells than the header", sheet, n)
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
