package sheet

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// part writes the XML of one sheet of rows straight into the archive; excelize
// writes everything else of a workbook (styles, tables, relations, the summary). Its
// own row writer boxes every cell and spools the sheet uncompressed to the disk,
// where this one compresses on another core while rows are still read.
type part struct {
	out     io.WriteCloser
	buf     []byte
	columns []string // their letters
	styles  []int
	kinds   []Kind
	states  []bool // columns whose cells are coloured by a state
	long    []int  // columns of texts that may need several lines
	heads   []Head
	fits    *fitting // nil once the columns are written
	looks   looks
	rows    int // with the header
	number  []byte
}

// flushAt is how much XML is handed on at once.
const flushAt = 256 << 10

// heldBack is how much XML of rows waits for the columns, which stand before it: a
// sheet of so few rows, some five thousand, is one that people print, and its
// columns are as wide as what is in them. Those of a larger one are as wide as
// declared.
const heldBack = 8 << 20

func newPart(out io.WriteCloser, heads []Head, l looks) (*part, error) {
	p := &part{out: out, heads: heads, fits: newFitting(heads), looks: l, buf: make([]byte, 0, flushAt+64<<10)}
	for i, h := range heads {
		letters, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		p.columns = append(p.columns, letters)
		style := l.of[h.Kind]
		if h.Name == "meaning" || h.Name == "about" { // sentences
			style = l.prose
			p.long = append(p.long, i)
		}
		p.styles = append(p.styles, style)
		p.kinds = append(p.kinds, h.Kind)
		p.states = append(p.states, h.Name == "state")
	}
	p.open(heads)
	return p, nil
}

const sheetOpening = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
	`<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">` +
	`<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>` +
	`<selection pane="topRight"/><selection pane="bottomLeft"/><selection pane="bottomRight"/>` +
	`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`

// open writes the header.
func (p *part) open(heads []Head) {
	p.openRow(2)
	for i, h := range heads {
		p.buf = appendCell(p.buf, p.columns[i], p.number, p.looks.over[h.Kind], Value{Kind: Text, Text: h.Title})
	}
	p.buf = append(p.buf, `</row>`...)
}

func (p *part) openRow(lines int) {
	p.rows++
	p.number = strconv.AppendInt(p.number[:0], int64(p.rows), 10)
	p.buf = append(p.buf, `<row r="`...)
	p.buf = append(p.buf, p.number...)
	if lines > 1 {
		p.buf = fmt.Appendf(p.buf, `" ht="%d" customHeight="1`, min(lines*lineHeight, maxHeight))
	}
	p.buf = append(p.buf, `">`...)
}

// Heights in points: of a line, and the most that a row may have.
const (
	lineHeight = 15
	maxHeight  = 405
)

// lines is how many the longest text of a row needs.
func (p *part) lines(values []Value) int {
	lines := 1
	for _, i := range p.long {
		lines = max(lines, int(math.Ceil(float64(utf8.RuneCountInString(values[i].Text))/p.heads[i].Width)))
	}
	return lines
}

// add writes one row. Empty cells are left out.
func (p *part) add(values []Value) error {
	p.openRow(p.lines(values))
	for i := range values {
		if values[i].Kind == Empty {
			continue
		}
		v, err := values[i].forCell()
		if err != nil {
			return ColumnError{i, err}
		}
		style := p.styles[i]
		if p.states[i] {
			style = p.looks.state(v.Text)
		}
		if v.Kind != p.kinds[i] {
			style = p.looks.of[v.Kind]
		}
		if p.fits != nil {
			p.fits.see(i, v)
		}
		p.buf = appendCell(p.buf, p.columns[i], p.number, style, v)
	}
	p.buf = append(p.buf, `</row>`...)
	if p.fits != nil && len(p.buf) >= heldBack {
		return p.settle(p.fits.declared())
	}
	return p.flush(flushAt)
}

// settle writes what stands before the rows, and what was held back.
func (p *part) settle(columns []columnWidth) error {
	p.fits = nil
	rows := p.buf
	p.buf = append(make([]byte, 0, flushAt+64<<10), sheetOpening...)
	for i, c := range columns {
		p.buf = fmt.Appendf(p.buf, `<col min="%d" max="%d" width="%g" style="%d" customWidth="1"`, i+1, i+1, c.width, p.styles[i])
		if c.hidden {
			p.buf = append(p.buf, ` hidden="1"`...)
		}
		p.buf = append(p.buf, `/>`...)
	}
	p.buf = append(p.buf, `</cols><sheetData>`...)
	for _, b := range [][]byte{p.buf, rows} {
		if _, err := p.out.Write(b); err != nil {
			return err
		}
	}
	p.buf = p.buf[:0]
	return nil
}

// ColumnError is an error about the value in one column.
type ColumnError struct {
	Column int // its place, from 0
	error
}

func (e ColumnError) Unwrap() error { return e.error }

func (p *part) flush(at int) error {
	if p.fits != nil || len(p.buf) < at {
		return nil
	}
	_, err := p.out.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

// area is the range of the table: header and rows. A table needs a row beneath its
// header: without any it spans an empty one, as Excel's own empty tables do.
func (p *part) area() string {
	return "A1:" + p.columns[len(p.columns)-1] + strconv.Itoa(max(p.rows, 2))
}

// close writes what stands behind the rows: print set-up, and the table that
// excelize returns the first relation of the sheet. Serials of digits only are meant
// to be text: no green corners.
func (p *part) close() error {
	pagesWide := 1
	if p.fits != nil {
		columns := p.fits.fitted(p.rows > 1)
		if p.rows > 1 {
			pagesWide = pagesOf(columns)
		}
		if err := p.settle(columns); err != nil {
			return err
		}
	} else {
		pagesWide = pagesOf(newFitting(p.heads).declared())
	}
	p.buf = fmt.Appendf(p.buf, `</sheetData><pageMargins left="0.4" right="0.4" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>`+
		`<pageSetup paperSize="9" orientation="landscape" fitToWidth="%d" fitToHeight="0"/><headerFooter><oddFooter>%s</oddFooter></headerFooter>`+
		`<ignoredErrors><ignoredError sqref="%s" numberStoredAsText="1"/></ignoredErrors>`+
		`<tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>`, pagesWide, pageFooter, p.area())
	if err := p.flush(0); err != nil {
		return err
	}
	return p.out.Close()
}

// pageFooter: file and sheet on the left, page of pages on the right.
const pageFooter = "&amp;L&amp;F, &amp;A&amp;R&amp;P / &amp;N"
