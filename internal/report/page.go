package report

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// page writes the summary, row below row, and remembers the first error. The sheet
// is small: excelize writes it, with its charts.
type page struct {
	file  *excelize.File
	sheet string
	looks looks
	row   int
	err   error
}

// note keeps the first error.
func (p *page) note(err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("sheet %s, row %d: %w", p.sheet, p.row, err)
	}
}

func (p *page) at(column int) string {
	name, err := excelize.CoordinatesToCellName(column, max(p.row, 1))
	p.note(err)
	return name
}

func (p *page) put(column, style int, v value) {
	if v.kind == nothing {
		return
	}
	at := p.at(column)
	c, err := v.native()
	p.note(err)
	p.note(p.file.SetCellValue(p.sheet, at, c))
	p.note(p.file.SetCellStyle(p.sheet, at, at, style))
}

func (p *page) skip() { p.row++ }

// skipTo leaves room: the next row is the given one, or a later one.
func (p *page) skipTo(row int) { p.row = max(p.row, row-1) }

// turn begins another page on paper.
func (p *page) turn() { p.note(p.file.InsertPageBreak(p.sheet, fmt.Sprintf("A%d", p.row+1))) }

func (p *page) heading(text string) {
	p.row++
	p.put(1, p.looks.title, wordsOf(text))
}

func (p *page) header(heads ...head) {
	p.row++
	for i, h := range heads {
		p.put(i+1, p.looks.over[h.kind], wordsOf(h.title))
	}
}

// named and counted head columns of text and of numbers.
func named(title string) head   { return head{title: title, kind: words} }
func counted(title string) head { return head{title: title, kind: whole} }

func (p *page) values(vs ...value) {
	p.row++
	for i, v := range vs {
		p.put(i+1, p.looks.of[v.kind], v)
	}
}

func (p *page) fact(label string, v value) {
	p.row++
	p.put(1, p.looks.label, wordsOf(label))
	style := p.looks.of[v.kind]
	if v.kind == whole {
		style = p.looks.number
	}
	p.put(2, style, v)
}

// prose spreads a long text over several columns and lines.
func (p *page) prose(label, text string, lastColumn int, height float64) {
	p.row++
	p.put(1, p.looks.label, wordsOf(label))
	p.put(2, p.looks.prose, wordsOf(text))
	p.note(errors.Join(p.file.MergeCell(p.sheet, p.at(2), p.at(lastColumn)), p.file.SetRowHeight(p.sheet, p.row, height)))
}

// table makes one of the rows from top, its header, to the last one.
func (p *page) table(name string, top, columns int) {
	last := p.at(columns)
	p.note(p.file.AddTable(p.sheet, &excelize.Table{Name: name, Range: fmt.Sprintf("A%d:%s", top, last), StyleName: tableStyle}))
}

// chart draws columns of two columns of rows beside them: names in A,
// numbers in B, what they are in B at the top.
func (p *page) chart(title string, top, first, last int, colour string) {
	cells := func(column string) string {
		return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", p.sheet, column, first, column, last)
	}
	name := fmt.Sprintf("'%s'!$B$%d", p.sheet, top) // a text would stand where Excel reads a reference
	gap := uint(40)
	if last-first < 6 { // few columns stay as narrow as many
		gap = 300
	}
	axis := excelize.Font{Family: fontName, Size: 9, Color: "404040"}
	p.note(p.file.AddChart(p.sheet, fmt.Sprintf("E%d", top), &excelize.Chart{
		Type:      excelize.Col,
		Series:    []excelize.ChartSeries{{Name: name, Categories: cells("A"), Values: cells("B"), Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}}},
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: &excelize.Font{Family: fontName, Size: 12, Color: "202020"}}}},
		Legend:    excelize.ChartLegend{Position: "none"},
		Dimension: excelize.ChartDimension{Width: 620, Height: chartRows * 20},
		PlotArea:  excelize.ChartPlotArea{ShowVal: last-first < 13},
		GapWidth:  &gap,
		XAxis:     excelize.ChartAxis{Font: axis},
		YAxis:     excelize.ChartAxis{Font: axis, MajorGridLines: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "0"}},
	}))
}

// chartRows is how many rows of the sheet a chart covers.
const chartRows = 13
