package rows

import (
	"io"
	"strings"

	"fob/internal/xmlstream"
)

// walker walks over the XML of a sheet (ISO 29500-1 section 18.3.1).
type walker struct {
	in     io.ReadCloser
	xml    *xmlstream.Reader
	met    xmlstream.Event
	book   *workbook
	name   string
	inside bool // sheetData has begun
	over   bool // it has ended
	line   int
	cells  []cell
	merged []area
	hides  [][2]int // columns, from and to
	text   []byte
	// formula of the cell that is read, as it is written
	formula []byte
}

// cell is one cell with something in it.
type cell struct {
	column int // from 1
	kind   Kind
	text   string
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

func (w *walker) damaged() *Error {
	if w.line > 0 {
		return &Error{Sheet: w.name, Line: w.line, Msg: "the sheet is cut or damaged in or behind this row", Remedy: fetchBook}
	}
	return bookError(fetchBook, "sheet %q is cut or damaged", w.name)
}

// row gives the cells of the next row in which there are any; io.EOF behind the
// last, when the sheet was read to its end and is whole.
func (w *walker) row() (cells []cell, line int, hidden bool, err error) {
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
		return w.addMerged(w.xml.Attr("ref"))
	}
	return nil
}

func (w *walker) addMerged(ref string) error {
	from, to, _ := strings.Cut(ref, ":")
	_, _, ok := cellRef(from)
	_, last, okTo := cellRef(to)
	if !ok || !okTo {
		return w.damaged()
	}
	if w.merged = append(w.merged, area{from, ref, last}); len(w.merged) > MaxMerged {
		return bookError("fill a plain list", "sheet %q has more than %d merged areas; it is no list", w.name, MaxMerged)
	}
	return nil
}

// number reads an attribute that is a whole number; -1 if it is none.
func (w *walker) number(name string) int {
	n, ok := wholeNumber(w.xml.Attr(name))
	if !ok {
		return -1
	}
	return n
}

// readRow reads one row element.
func (w *walker) readRow() ([]cell, int, bool, error) {
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
		case w.xml.Name.Local != "c":
			err = w.skip()
		default:
			column, err = w.readCell(column)
		}
		if err != nil {
			return nil, 0, false, err
		}
	}
}

// maxRows is how many rows a sheet can have.
const maxRows = 1 << 20

// skip passes over an element that means nothing here.
func (w *walker) skip() error {
	for depth := 1; depth > 0; {
		if err := w.next(); err != nil {
			return w.damaged()
		}
		switch w.met {
		case xmlstream.Start:
			depth++
		case xmlstream.End:
			depth--
		}
	}
	return nil
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
	if s := w.xml.Attr("s"); s != "" {
		style = w.number("s")
	}
	value, formula, err := w.content()
	if err != nil {
		return 0, err
	}
	c, err := w.cellOf(column, kind, style, value)
	if err != nil {
		return 0, err
	}
	if formula && !(c.kind == Bool && w.isConstant(c.text)) {
		c.kind = Formula
	}
	if c.text != "" || formula {
		w.cells = append(w.cells, c)
	}
	return column, nil
}

// isConstant reports whether the formula of a cell is only how LibreOffice writes TRUE
// and FALSE.
func (w *walker) isConstant(value string) bool {
	return string(w.formula) == "TRUE()" && value == "1" || string(w.formula) == "FALSE()" && value == "0"
}

// content reads what is in a cell: the value, or the text of <is> without its
// reading aids (rPh), and whether there is a formula.
func (w *walker) content() (value string, formula bool, err error) {
	w.text, w.formula = w.text[:0], w.formula[:0]
	var path [maxCellDepth]byte
	depth := 0
	for {
		if err := w.next(); err != nil {
			return "", false, w.damaged()
		}
		switch w.met {
		case xmlstream.Start:
			if depth == maxCellDepth {
				return "", false, w.damaged()
			}
			path[depth] = cellPart(w.xml.Name.Local)
			depth++
			formula = formula || depth == 1 && path[0] == 'f'
		case xmlstream.End:
			if depth == 0 {
				return string(w.text), formula, nil
			}
			depth--
		case xmlstream.Text:
			switch {
			case isValue(path[:depth]):
				w.text = append(w.text, w.xml.Text...)
			case depth == 1 && path[0] == 'f':
				w.formula = append(w.formula, w.xml.Text...)
			}
			if len(w.text)+len(w.formula) > w.book.limits.Cell {
				return "", false, bookError("is this the file that was sent?", "sheet %q, row %d: a cell has more than %d bytes", w.name, w.line, w.book.limits.Cell)
			}
		}
	}
}

// cellPart stands for an element within a cell: its first letter, 0 for one that
// means nothing.
func cellPart(name string) byte {
	switch name {
	case "v", "f", "is", "t", "r":
		return name[0]
	}
	return 0
}

// maxCellDepth: c/is/r/rPr/color is deep enough.
const maxCellDepth = 8

// isValue tells where the text of a cell stands: v, is/t, is/r/t.
func isValue(path []byte) bool {
	switch string(path) {
	case "v", "it", "irt":
		return true
	}
	return false
}

// cellOf makes a cell of its type (18.18.11), style and value.
func (w *walker) cellOf(column int, kind string, style int, value string) (cell, error) {
	c := cell{column: column, text: value}
	switch kind {
	case "s":
		if value == "" {
			return c, nil
		}
		i, ok := wholeNumber(strings.TrimSpace(value))
		if w.book.text != nil && ok {
			c.text, ok = w.book.text(i)
		}
		if !ok || w.book.text == nil {
			return c, w.damaged()
		}
	case "str", "inlineStr":
	case "b":
		c.kind = Bool
	case "e":
		c.kind = Failed
	case "d":
		c.kind = Date
	case "", "n":
		c.text = digitsOf(strings.TrimSpace(value))
		c.kind = Number
		if style >= 0 && style < len(w.book.shapes) {
			c.text, c.kind = w.book.shapes[style].of(c.text)
		}
	default:
		return c, w.damaged()
	}
	if c.text == "" {
		c.kind = Text
	}
	return c, nil
}

// digitsOf takes the end off a whole number that is written as a fraction, such
// as 30.0; all else stays as it is.
func digitsOf(number string) string {
	whole, rest, cut := strings.Cut(number, ".")
	if cut && whole != "" && strings.Trim(rest, "0") == "" && strings.Trim(strings.TrimPrefix(whole, "-"), "0123456789") == "" {
		return whole
	}
	return number
}

// hiddenColumns names those within a width.
func (w *walker) hiddenColumns(width int) string {
	var names []string
	for _, h := range w.hides {
		for c := h[0]; c <= min(h[1], width); c++ {
			names = append(names, ColumnName(c))
		}
	}
	return strings.Join(names, ", ")
}
