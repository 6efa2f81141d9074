package rows

import (
	"io"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// walker walks over the XML of a sheet (ISO 29500-1 section 18.3.1).
type walker struct {
	in      io.ReadCloser
	xml     *xmlstream.Reader
	met     xmlstream.Event
	book    *workbook
	name    string
	inside  bool // sheetData has begun
	over    bool // it has ended
	line    int
	cells   []Cell
	merged  []area
	hides   [][2]int // columns, from and to
	text    []byte
	formula []byte // of the cell that is read, as it is written
}

// Cell is one that holds something; its column counts from 1. The text of a number
// or a date of a Book is that in the file, whatever its format shows.
type Cell struct {
	Column int
	Kind   Kind
	Text   string
}

// area is a merged area.
type area struct {
	cell, area string
	last       int // its last row
}

// walk begins with a sheet.
func (w *workbook) walk(p sheetPart) (*walker, error) {
	in, err := w.parts[p.part].Open()
	if err != nil {
		return nil, damagedBook()
	}
	return &walker{in: in, xml: xmlstream.NewReader(in, xmlstream.Format{Longest: MaxMarkup}), book: w, name: p.name}, nil
}

func (w *walker) close() {
	_ = w.in.Close() // it was read to its end, or is of no use
}

// next goes on to the next tag or text.
func (w *walker) next() (err error) {
	w.met, err = w.xml.Next()
	if err == nil || err == io.EOF {
		return err
	}
	return w.damaged()
}

// refuse refuses a row of the sheet.
func (w *walker) refuse(line int, format string, args ...any) *fault.Error {
	return refuseBook("sheet %q, row %d: "+format, append([]any{w.name, line}, args...)...)
}

func (w *walker) damaged() error {
	if w.line > 0 {
		return w.refuse(w.line, "the sheet is cut or damaged in or behind this row").WithHint(fetchBook)
	}
	return refuseBook("sheet %q is cut or damaged", w.name).WithHint(fetchBook)
}

// row returns the cells of the next row in which there are any; io.EOF behind the
// last, when the sheet was read to its end and is whole.
func (w *walker) row() (cells []Cell, line int, hidden bool, err error) {
	for {
		err := w.next()
		if err == io.EOF && w.inside && !w.over {
			err = w.damaged()
		}
		if err != nil {
			return nil, 0, false, err
		}
		switch {
		case w.met == xmlstream.End:
			w.over = w.inside // rows were read to their ends
		case w.met != xmlstream.Start:
		case !w.inside || w.over:
			if err := w.around(); err != nil {
				return nil, 0, false, err
			}
		case w.xml.Name.Local != "row":
			return nil, 0, false, w.damaged()
		default:
			return w.readRow()
		}
	}
}

// around reads what stands before and behind the rows.
func (w *walker) around() error {
	switch w.xml.Name.Local {
	case "sheetData":
		if w.over {
			return w.damaged() // a second one
		}
		w.inside = true
	case "col":
		from, to := w.number("min"), w.number("max")
		if isTrue(w.xml.Attr("hidden")) && from > 0 && len(w.hides) < MaxColumns {
			w.hides = append(w.hides, [2]int{from, min(to, MaxColumns)})
		}
	case "mergeCell":
		ref := w.xml.Attr("ref")
		from, to, _ := strings.Cut(ref, ":")
		_, _, ok := cellRef(from)
		_, last, okTo := cellRef(to)
		if !ok || !okTo {
			return w.damaged()
		}
		if w.merged = append(w.merged, area{from, ref, last}); len(w.merged) > MaxMerged {
			return refuseBook("sheet %q has more than %d merged areas; it is no list", w.name, MaxMerged).WithHint("fill a plain list")
		}
	}
	return nil
}

// number reads an attribute that is a whole number; -1 if it is not.
func (w *walker) number(name string) int {
	if n, ok := wholeNumber(w.xml.Attr(name)); ok {
		return n
	}
	return -1
}

// maxRows is how many rows a sheet can have.
const maxRows = 1 << 20

// readRow reads one row element.
func (w *walker) readRow() ([]Cell, int, bool, error) {
	line := w.line + 1
	if r := w.xml.Attr("r"); r != "" {
		if line = w.number("r"); line <= w.line || line > maxRows {
			return nil, 0, false, w.damaged()
		}
	}
	w.line, w.cells = line, w.cells[:0]
	hidden, column := isTrue(w.xml.Attr("hidden")), 0
	for {
		err := w.next()
		switch {
		case err != nil:
			return nil, 0, false, w.damaged()
		case w.met == xmlstream.End:
			return w.cells, line, hidden, nil
		case w.met != xmlstream.Start:
		case w.xml.Name.Local == "c":
			column, err = w.readCell(column)
		case w.xml.Skip() != nil: // it means nothing here
			err = w.damaged()
		}
		if err != nil {
			return nil, 0, false, err
		}
	}
}

// readCell reads one cell behind a column and tells its own.
func (w *walker) readCell(before int) (column int, err error) {
	column = before + 1
	if r := w.xml.Attr("r"); r != "" {
		row, ok := 0, false
		if column, row, ok = cellRef(r); !ok || row != w.line || column <= before {
			return 0, w.damaged()
		}
	}
	kind, style := w.xml.Attr("t"), 0
	if w.xml.Attr("s") != "" {
		style = w.number("s")
	}
	value, formula, err := w.content()
	if err != nil {
		return 0, err
	}
	c, ok := w.cellOf(column, kind, style, value)
	if !ok {
		return 0, w.damaged()
	}
	// The formula of a cell may be only how LibreOffice writes TRUE and FALSE, as a
	// number where the cell has a format.
	constant := string(w.formula) == "TRUE()" && c.Text == "1" || string(w.formula) == "FALSE()" && c.Text == "0"
	switch {
	case formula && constant:
		c.Kind = Bool
	case formula:
		c.Kind = Formula
	}
	if c.Text != "" || formula {
		w.cells = append(w.cells, c)
	}
	return column, nil
}

// maxCellDepth: c/is/r/rPr/color is deep enough.
const maxCellDepth = 8

// content reads what is in a cell: the value (v), or the text of <is> (is/t, is/r/t)
// without its reading aids (rPh), and whether there is a formula.
func (w *walker) content() (value string, formula bool, err error) {
	w.text, w.formula = w.text[:0], w.formula[:0]
	path := make([]byte, 0, maxCellDepth) // the first letters of the elements
	for {
		if err := w.next(); err != nil {
			return "", false, w.damaged()
		}
		switch w.met {
		case xmlstream.Start:
			if len(path) == maxCellDepth {
				return "", false, w.damaged()
			}
			part := byte('-') // means nothing
			switch name := w.xml.Name.Local; name {
			case "v", "f", "is", "t", "r":
				part = name[0]
			}
			path = append(path, part)
			formula = formula || string(path) == "f"
		case xmlstream.End:
			if len(path) == 0 {
				return string(w.text), formula, nil
			}
			path = path[:len(path)-1]
		case xmlstream.Text:
			switch string(path) {
			case "v", "it", "irt":
				w.text = append(w.text, w.xml.Text...)
			case "f":
				w.formula = append(w.formula, w.xml.Text...)
			}
			if len(w.text)+len(w.formula) > w.book.limits.Cell {
				return "", false, w.refuse(w.line, "a cell has more than %d bytes", w.book.limits.Cell).WithHint("is this the file that was sent?")
			}
		}
	}
}

// cellOf makes a cell of its type (18.18.11), style and value.
func (w *walker) cellOf(column int, kind string, style int, value string) (c Cell, ok bool) {
	c = Cell{Column: column, Text: value}
	switch kind {
	case "s":
		if value == "" {
			return c, true
		}
		i, ok := wholeNumber(strings.TrimSpace(value))
		if !ok || i >= len(w.book.strings) {
			return c, false
		}
		c.Text = w.book.strings[i]
	case "str", "inlineStr":
	case "b":
		c.Kind = Bool
	case "e":
		c.Kind = Failed
	case "d":
		c.Kind = Date
	case "", "n":
		// A whole number may be written as a fraction, such as 30.0.
		c.Text, c.Kind = strings.TrimSpace(value), Number
		whole, rest, cut := strings.Cut(c.Text, ".")
		if cut && whole != "" && strings.Trim(rest, "0") == "" && strings.Trim(strings.TrimPrefix(whole, "-"), "0123456789") == "" {
			c.Text = whole
		}
		if style >= 0 && style < len(w.book.shapes) {
			c.Text, c.Kind = w.book.shapes[style].of(c.Text)
		}
	default:
		return c, false
	}
	if c.Text == "" {
		c.Kind = Text
	}
	return c, true
}

// ColumnName is what a spreadsheet calls a column that is counted from 1.
func ColumnName(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// cellRef reads the name of a cell, such as B7.
func cellRef(name string) (column, row int, ok bool) {
	digits := strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	letters := name[:len(name)-len(digits)]
	if len(letters) == 0 || len(letters) > 3 {
		return 0, 0, false
	}
	for _, c := range letters {
		column = column*26 + int(c-'A') + 1
	}
	row, ok = wholeNumber(digits)
	return column, row, ok && row >= 1 && row <= maxRows
}

// wholeNumber reads digits and nothing else.
func wholeNumber(text string) (int, bool) {
	if len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func isTrue(text string) bool { return text == "1" || text == "true" || text == "on" }
