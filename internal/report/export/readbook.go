package export

import (
	"io"
	"regexp"
	"slices"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/rows"
)

var inventoryName = regexp.MustCompile(`^` + inventorySheet + `( [0-9]+)?$`)

// readInventory reads the cells of all inventory sheets and writes them as WriteCSV
// would have. Which column is which field, and of which kind, says the workbook's own
// dictionary: so one of another version of fob, with other columns, is read as well.
func readInventory(w io.Writer, book *rows.Book) (int, error) {
	if !slices.ContainsFunc(book.Sheets(), inventoryName.MatchString) {
		return 0, fault.Errorf(fault.Integrity, "the workbook is no export of an inventory: it has no sheet %s", inventorySheet).
			WithHint("%s writes one; the workbook of a report is signed by nobody", fault.Do("export"))
	}
	known, err := readDictionary(book)
	if err != nil {
		return 0, err
	}
	b := &bookReader{book: book, known: known, out: w}
	for _, name := range book.Sheets() {
		if inventoryName.MatchString(name) {
			if err := b.read(name); err != nil {
				return 0, err
			}
		}
	}
	if b.fields == nil {
		return 0, fault.Errorf(fault.Integrity, "the sheet %s of the workbook is empty", inventorySheet)
	}
	return b.rows, nil
}

// readDictionary returns the columns of the inventory by their titles. A dictionary
// that was changed gives another hash, as changed rows do.
func readDictionary(book *rows.Book) (map[string]sheet.Head, error) {
	fields := make(map[string]sheet.Head)
	var row []string
	err := book.Each(dictionarySheet, func(_ int, cells []rows.Cell) error {
		if row = sheet.Texts(row[:0], cells); len(row) >= 4 && row[0] == inventorySheet && sheet.KindNamed(row[3]) != sheet.Empty {
			fields[row[1]] = sheet.Head{Name: row[2], Kind: sheet.KindNamed(row[3])}
		}
		return nil
	})
	if err != nil {
		return nil, sheet.Unreadable("workbook", err)
	}
	return fields, nil
}

// bookReader writes sheet after sheet as canonical CSV.
type bookReader struct {
	book   *rows.Book
	known  map[string]sheet.Head
	fields []sheet.Head // of the header, the same on all sheets
	out    io.Writer
	rows   int
	values []sheet.Value
	line   []byte
}

func (b *bookReader) read(name string) error {
	first := true
	var texts []string
	err := b.book.Each(name, func(n int, cells []rows.Cell) error {
		for _, c := range cells {
			if c.Kind == rows.Formula {
				return fault.Errorf(fault.Integrity, "sheet %s: cell %s%d holds a formula, and no export does", name, rows.ColumnName(c.Column), n)
			}
		}
		texts = sheet.Texts(texts[:0], cells)
		if first {
			first = false
			return b.header(name, texts)
		}
		return b.row(name, n, texts)
	})
	if err == nil && first {
		return fault.Errorf(fault.Integrity, "sheet %s is empty", name)
	}
	if err != nil && fault.KindOf(err) != fault.Integrity {
		return sheet.Unreadable("workbook", err)
	}
	return err
}

// header writes the names of the fields, once.
func (b *bookReader) header(name string, titles []string) error {
	fields := make([]sheet.Head, len(titles))
	for i, title := range titles {
		f, ok := b.known[title]
		if !ok {
			return fault.Errorf(fault.Integrity, "sheet %s: column %d is in no dictionary of the workbook", name, i+1)
		}
		fields[i] = f
	}
	if b.fields != nil {
		if len(fields) != len(b.fields) {
			return fault.Errorf(fault.Integrity, "sheet %s has other columns than the first", name)
		}
		return nil
	}
	b.fields, b.values = fields, make([]sheet.Value, len(fields))
	_, err := b.out.Write(sheet.AppendHeader(nil, fields))
	return err
}

func (b *bookReader) row(name string, n int, texts []string) error {
	if len(texts) > len(b.fields) {
		return fault.Errorf(fault.Integrity, "sheet %s, row %d has more cells than the header", name, n)
	}
	for i, f := range b.fields {
		b.values[i] = sheet.Value{}
		if i < len(texts) {
			b.values[i] = sheet.ParseCell(texts[i], f.Kind)
		}
	}
	b.rows++
	b.line = sheet.AppendLine(b.line[:0], b.values)
	_, err := b.out.Write(b.line)
	return err
}
