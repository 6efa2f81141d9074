package rows

import "io"

// BookLimits bound a workbook: bytes of a part once it is unpacked, how much longer
// that may be than it is packed, bytes of what is held in memory (shared strings
// above all), and bytes of a cell.
type BookLimits struct {
	Part, Ratio, About int64
	Cell               int
}

// Book is a workbook whose sheets are read as they are, cell by cell, where a Reader
// makes rows of a list out of one.
type Book struct{ w *workbook }

// Cell is one that holds something; its column counts from 1. The text of a number
// or a date is that in the file, whatever its format shows.
type Cell struct {
	Column int
	Kind   Kind
	Text   string
}

// OpenBook reads what is about the sheets. They are read out of the file as they are
// asked for, so it must stay open.
func OpenBook(file io.ReaderAt, size int64, limits BookLimits) (*Book, error) {
	w, err := openArchive(file, size, limits)
	if err != nil {
		return nil, err
	}
	w.shapes = nil // every number as the file has it
	return &Book{w}, nil
}

// Sheets names the sheets of cells in their order, hidden ones too.
func (b *Book) Sheets() []string { return namesOf(b.w.sheets) }

// Each calls visit for every row of a sheet in which there are cells, with the number
// that the sheet gives it. The cells are overwritten by the next row.
func (b *Book) Each(sheet string, visit func(row int, cells []Cell) error) error {
	for _, p := range b.w.sheets {
		if p.name == sheet {
			return b.each(p, visit)
		}
	}
	return bookError("", "the workbook has no sheet %q", sheet)
}

func (b *Book) each(p sheetPart, visit func(row int, cells []Cell) error) error {
	walk, err := b.w.walk(p)
	if err != nil {
		return err
	}
	defer walk.close()
	var cells []Cell
	for {
		found, row, _, err := walk.row()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		cells = cells[:0]
		for _, c := range found {
			cells = append(cells, Cell{c.column, c.kind, c.text})
		}
		if len(cells) == 0 {
			continue
		}
		if err := visit(row, cells); err != nil {
			return err
		}
	}
}
