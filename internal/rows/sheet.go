package rows

import (
	"fmt"
	"io"
	"strings"
)

// sheetReader gives the rows of one sheet of a workbook.
type sheetReader struct {
	src   io.Reader
	wants Options

	walk    *walker
	name    string
	hidden  []string // other sheets that are hidden and have content
	unseen  bool     // the sheet itself is hidden, and was asked for by its name
	first   int      // the first row given; 0: none yet
	width   int      // its fields
	comment string

	hiddenRows, firstHidden int
	scratch                 []byte
	fields                  [][]byte
	kinds                   []Kind
}

// next gives the next row that holds anything.
func (s *sheetReader) next() (Row, error) {
	if s.walk == nil {
		if err := s.open(); err != nil {
			return Row{}, err
		}
	}
	for {
		cells, line, hidden, err := s.walk.row()
		if err == io.EOF {
			return Row{}, s.end()
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
		}
		if hidden {
			if s.hiddenRows++; s.hiddenRows == 1 {
				s.firstHidden = line
			}
		}
		return row, nil
	}
}

func (s *sheetReader) open() error {
	if s.wants.Delimiter != 0 {
		return bookError("leave --delimiter out", "the file is a workbook, whose cells no delimiter separates")
	}
	book, err := openWorkbook(s.src)
	if err != nil {
		return err
	}
	part, err := s.choose(book)
	if err != nil {
		return err
	}
	s.name = part.name
	s.walk, err = book.walk(part)
	return err
}

// choose finds the sheet to read: the one that is named, else the only one with
// content that a person sees.
func (s *sheetReader) choose(book *workbook) (chosen sheetPart, err error) {
	var seen, unseen []sheetPart
	for _, p := range book.sheets {
		if strings.EqualFold(strings.TrimSpace(s.wants.Sheet), p.name) {
			s.unseen, s.hidden = p.hidden, nil
			return p, nil
		}
		has, err := book.hasContent(p)
		if err != nil {
			return chosen, err
		}
		switch {
		case has && p.hidden:
			unseen = append(unseen, p)
		case has:
			seen = append(seen, p)
		}
	}
	s.hidden = namesOf(unseen)
	switch {
	case s.wants.Sheet != "":
		return chosen, bookError("name one of these with --sheet", "the workbook has no such sheet; it has %s", listed(namesOf(book.sheets)))
	case len(seen) == 1:
		return seen[0], nil
	case len(seen) > 1:
		return chosen, bookError("say which with --sheet NAME", "the workbook has several sheets with content: %s", listed(namesOf(seen)))
	case len(unseen) > 0:
		return chosen, bookError("say which with --sheet NAME", "the workbook has content in hidden sheets only: %s", listed(namesOf(unseen)))
	}
	return chosen, bookError("is it the right file, and was it saved whole?", "the workbook has no sheet with content")
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
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return false, err
		}
		for _, c := range cells {
			if strings.TrimSpace(c.text) != "" {
				return true, nil
			}
		}
	}
}

// make lays the cells of a row out as its fields, as many as the first row has:
// cells that are empty at a row's end are not in the file.
func (s *sheetReader) make(cells []cell, line int) (Row, error) {
	size, width := 0, s.width
	for _, c := range cells {
		if size += len(c.text); strings.TrimSpace(c.text) != "" || c.kind != Text {
			width = max(width, c.column)
		}
	}
	switch {
	case size > MaxRow:
		return Row{}, s.errorAt(line, "is this the file that was sent?", "the row has more than %d bytes", MaxRow)
	case width > MaxColumns:
		return Row{}, s.errorAt(line, "remove what stands far to the right from a copy of the sheet", "the row has more than %d columns", MaxColumns)
	}
	s.fields, s.kinds, s.scratch = s.fields[:0], s.kinds[:0], s.scratch[:0]
	if cap(s.scratch) < size {
		s.scratch = make([]byte, 0, 2*size)
	}
	for _, c := range cells {
		if c.column > width {
			break
		}
		for len(s.fields) < c.column-1 {
			s.fields, s.kinds = append(s.fields, nil), append(s.kinds, Text)
		}
		from := len(s.scratch)
		s.scratch = append(s.scratch, strings.Trim(c.text, " \t")...)
		s.fields, s.kinds = append(s.fields, s.scratch[from:len(s.scratch):len(s.scratch)]), append(s.kinds, c.kind)
	}
	for len(s.fields) < width {
		s.fields, s.kinds = append(s.fields, nil), append(s.kinds, Text)
	}
	return Row{Line: line, Fields: s.fields, Kinds: s.kinds, Sheet: s.name}, nil
}

// isComment recognises what is a line of comment in a text.
func (s *sheetReader) isComment(row Row) bool {
	if row.Kinds[0] != Text {
		return false
	}
	text := firstComment(row.Fields[0])
	if text != "" && s.comment == "" && s.first == 0 {
		s.comment = text
	}
	return text != ""
}

// end is reached when all rows were given. Merged areas stand behind the rows.
func (s *sheetReader) end() error {
	defer s.walk.close()
	if s.first == 0 {
		return io.EOF
	}
	for _, m := range s.walk.merged {
		if m.last >= s.first {
			remedy := "unmerge the cells in a copy of the sheet and fill each"
			if m.last == s.first { // what is farther down is a record, or the header and a record
				remedy += fmt.Sprintf("; if they are a title above the list, pass over it with --skip-rows %d", m.last)
			}
			return &Error{Sheet: s.name, Msg: fmt.Sprintf("cell %s is merged with others (%s): what belongs to which row cannot be told", m.cell, m.area), Remedy: remedy}
		}
	}
	return io.EOF
}

// hiddenSheets names the other sheets with content that nobody sees, in words.
func (s *sheetReader) hiddenSheets() string {
	if s == nil || len(s.hidden) == 0 {
		return ""
	}
	return listed(s.hidden)
}

func (s *sheetReader) errorAt(line int, remedy, format string, args ...any) *Error {
	e := errorAt(line, remedy, format, args...)
	e.Sheet = s.name
	return e
}

// clear forgets the last row, which may hold a secret. What excelize and the
// decoder read stays in memory until it is used for something else.
func (s *sheetReader) clear() {
	if s != nil {
		clear(s.scratch[:cap(s.scratch)])
	}
}

func (s *sheetReader) notes() (notes []string) {
	if s.hiddenRows > 0 {
		notes = append(notes, fmt.Sprintf("hidden rows of sheet %q were read all the same: %d, the first is row %d", s.name, s.hiddenRows, s.firstHidden))
	}
	if s.walk != nil {
		if hidden := s.walk.hiddenColumns(s.width); hidden != "" {
			notes = append(notes, fmt.Sprintf("hidden columns of sheet %q were read all the same: %s", s.name, hidden))
		}
	}
	if s.unseen {
		notes = append(notes, fmt.Sprintf("sheet %q is hidden in the workbook, and was read because --sheet names it", s.name))
	}
	if len(s.hidden) > 0 {
		notes = append(notes, "hidden sheets were not read: "+listed(s.hidden))
	}
	return notes
}
