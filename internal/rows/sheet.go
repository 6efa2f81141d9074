package rows

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"fob/internal/fault"
)

// sheetReader reads the rows of one sheet of a workbook.
type sheetReader struct {
	src   io.Reader
	wants Options

	walk    *walker
	hidden  []string // other sheets that are hidden and have content
	unseen  bool     // the sheet itself is hidden, and was asked for by its name
	first   int      // the first row returned; 0: none yet
	width   int      // its fields
	comment string

	inOneCell int // delimiters in the only cell of the first row

	hiddenRows, firstHidden int
	scratch                 []byte
	fields                  [][]byte
	kinds                   []Kind
}

// next returns the next row that holds anything.
func (s *sheetReader) next() (Row, error) {
	if s.walk == nil {
		if err := s.open(); err != nil {
			return Row{}, err
		}
	}
	for {
		cells, line, hidden, err := s.walk.row()
		if err == io.EOF {
			err = s.end()
		}
		if err != nil {
			return Row{}, err
		}
		if line <= s.wants.SkipLines {
			continue
		}
		row, err := s.make(cells, line)
		if err != nil {
			return Row{}, err
		}
		if empty(row.Fields) || s.isComment(row) {
			continue
		}
		if s.first == 0 {
			s.first, s.width = line, len(row.Fields)
			s.inOneCell = delimitersIn(row)
		} else if n := s.inOneCell; n > 0 {
			// A list of one column says the same number of things behind commas in its
			// first two rows only if these are rows of a text.
			if s.inOneCell = 0; delimitersIn(row) == n {
				return Row{}, refuseBook("each row stands in one cell of the sheet, with delimiters in it").
					WithHint("split the column (in Excel: Data, Text to Columns, with all columns as text), or hand over the text that was pasted there")
			}
		}
		if hidden {
			if s.hiddenRows++; s.hiddenRows == 1 {
				s.firstHidden = line
			}
		}
		return row, nil
	}
}

// delimitersIn counts the delimiters in a row of one cell.
func delimitersIn(row Row) (most int) {
	if len(row.Fields) == 0 || !row.BlankFrom(1) || row.Kinds[0] != Text {
		return 0
	}
	for _, d := range delimiters {
		most = max(most, bytes.Count(row.Fields[0], []byte{d}))
	}
	return most
}

// open finds the sheet to read: the one that is named, else the only one with
// content that a person sees.
func (s *sheetReader) open() error {
	if s.wants.Delimiter != 0 {
		return refuseBook("the file is a workbook, whose cells no delimiter separates").WithHint("leave %s out", fault.Delimiter)
	}
	book, err := openWorkbook(s.src)
	if err != nil {
		return err
	}
	var seen, unseen []sheetPart
	for _, p := range book.sheets {
		if strings.EqualFold(strings.TrimSpace(s.wants.Sheet), p.name) {
			s.unseen, s.hidden = p.hidden, nil
			s.walk, err = book.walk(p)
			return err
		}
		has, err := book.hasContent(p)
		switch {
		case err != nil:
			return err
		case has && p.hidden:
			unseen = append(unseen, p)
		case has:
			seen = append(seen, p)
		}
	}
	s.hidden = namesOf(unseen)
	if s.wants.Sheet == "" && len(seen) == 1 {
		s.walk, err = book.walk(seen[0])
		return err
	}
	which := fault.Textf("say which with %s NAME", fault.Sheet)
	switch {
	case s.wants.Sheet != "":
		return refuseBook("the workbook has no such sheet; it has %s", listed(namesOf(book.sheets))).WithHint("name one of these with %s", fault.Sheet)
	case len(seen) > 1:
		return refuseBook("the workbook has several sheets with content: %s", listed(namesOf(seen))).WithAdvice(which)
	case len(unseen) > 0:
		return refuseBook("the workbook has content in hidden sheets only: %s", listed(namesOf(unseen))).WithAdvice(which)
	}
	return refuseBook("the workbook has no sheet with content").WithHint("is it the right file, and was it saved whole?")
}

func namesOf(sheets []sheetPart) (names []string) {
	for _, p := range sheets {
		names = append(names, p.name)
	}
	return names
}

// listed quotes names; of many only the first.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%q and %d more", names[:most], len(names)-most)
	}
	return strings.Trim(fmt.Sprintf("%q", names), "[]")
}

// hasContent looks for a cell with something in it.
func (w *workbook) hasContent(p sheetPart) (bool, error) {
	walk, err := w.walk(p)
	if err != nil {
		return false, err
	}
	defer walk.close()
	for {
		cells, _, _, err := walk.row()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, c := range cells {
			if strings.TrimSpace(c.Text) != "" {
				return true, nil
			}
		}
	}
}

// make lays the cells of a row out as its fields, as many as the first row has:
// cells that are empty at a row's end are not in the file.
func (s *sheetReader) make(cells []Cell, line int) (Row, error) {
	size, width := 0, s.width
	for _, c := range cells {
		if size += len(c.Text); strings.TrimSpace(c.Text) != "" || c.Kind != Text {
			width = max(width, c.Column)
		}
	}
	switch {
	case size > MaxRow:
		return Row{}, s.walk.refuse(line, "the row has more than %d bytes", MaxRow).WithHint("is this the file that was sent?")
	case width > MaxColumns:
		return Row{}, s.walk.refuse(line, "the row has more than %d columns", MaxColumns).
			WithHint("remove what stands far to the right from a copy of the sheet")
	}
	s.fields, s.kinds, s.scratch = s.fields[:0], s.kinds[:0], s.scratch[:0]
	if cap(s.scratch) < size {
		s.scratch = make([]byte, 0, 2*size)
	}
	for range width {
		s.fields, s.kinds = append(s.fields, nil), append(s.kinds, Text)
	}
	for _, c := range cells {
		if c.Column > width {
			break
		}
		from := len(s.scratch)
		s.scratch = append(s.scratch, strings.Trim(c.Text, " \t")...)
		s.fields[c.Column-1], s.kinds[c.Column-1] = s.scratch[from:len(s.scratch):len(s.scratch)], c.Kind
	}
	return Row{Line: line, Fields: s.fields, Kinds: s.kinds, Sheet: s.walk.name, from1904: s.walk.book.from1904}, nil
}

// isComment recognises what is a line of comment in a text.
func (s *sheetReader) isComment(row Row) bool {
	if row.Kinds[0] != Text || len(bytes.Trim(row.Fields[0], "#")) == 0 && !row.BlankFrom(1) {
		return false
	}
	text := firstComment(row.Fields[0])
	if text != "" && s.comment == "" && s.first == 0 {
		s.comment = text
	}
	return text != ""
}

// end is reached when all rows were returned. Merged areas stand behind the rows.
func (s *sheetReader) end() error {
	defer s.walk.close()
	if s.first == 0 {
		return io.EOF
	}
	for _, m := range s.walk.merged {
		if m.last < s.first {
			continue
		}
		remedy := fault.Textf("unmerge the cells in a copy of the sheet and fill each")
		if m.last == s.first { // what is farther down is a record, or the header and a record
			remedy = fault.Textf("%s; if they are a title above the list, pass over it with %s", remedy, fault.SkipRows.Is(m.last))
		}
		return refuseBook("cell %s is merged with others (%s): what belongs to which row cannot be told", m.cell, m.area).WithAdvice(remedy)
	}
	return io.EOF
}

func (s *sheetReader) notes() (notes []string) {
	if s.walk == nil {
		return nil
	}
	name := s.walk.name
	if s.hiddenRows > 0 {
		notes = append(notes, fmt.Sprintf("hidden rows of sheet %q were read all the same: %d, the first is row %d", name, s.hiddenRows, s.firstHidden))
	}
	var columns []string
	for _, h := range s.walk.hides {
		for c := h[0]; c <= min(h[1], s.width); c++ {
			columns = append(columns, ColumnName(c))
		}
	}
	if columns != nil {
		notes = append(notes, fmt.Sprintf("hidden columns of sheet %q were read all the same: %s", name, strings.Join(columns, ", ")))
	}
	if s.unseen {
		notes = append(notes, fmt.Sprintf("sheet %q is hidden in the workbook, and was read because it was named", name))
	}
	if len(s.hidden) > 0 {
		notes = append(notes, "hidden sheets were not read: "+listed(s.hidden))
	}
	return notes
}

// Book is a workbook whose sheets are read as they are, cell by cell, where a Reader
// makes rows of a list out of one.
type Book struct{ w *workbook }

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
// that the sheet says. The cells are overwritten by the next row.
func (b *Book) Each(sheet string, visit func(row int, cells []Cell) error) error {
	for _, p := range b.w.sheets {
		if p.name != sheet {
			continue
		}
		walk, err := b.w.walk(p)
		if err != nil {
			return err
		}
		defer walk.close()
		for {
			cells, row, _, err := walk.row()
			if err == io.EOF {
				return nil
			}
			if err == nil && len(cells) > 0 {
				err = visit(row, cells)
			}
			if err != nil {
				return err
			}
		}
	}
	return refuseBook("the workbook has no sheet %q", sheet)
}
