package sheet

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Page writes the summary of a workbook, row below row. The sheet is small: excelize
// writes it, with its charts. Err is the first error.
type Page struct {
	Err   error
	Row   int // the last one that was written
	file  *excelize.File
	looks looks
}

// Summary begins the summary with columns of some widths, in characters.
func (b *Book) Summary(widths ...float64) *Page {
	p := &Page{file: b.file, looks: b.looks}
	for i, w := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		p.note(err)
		p.note(b.file.SetColWidth(SummaryName, name, name, w))
	}
	side, edge, foot := 0.4, 0.6, 0.3 // as on the other sheets
	p.note(errors.Join(
		b.file.SetSheetProps(SummaryName, &excelize.SheetPropsOptions{FitToPage: new(true)}),
		b.file.SetPageLayout(SummaryName, &excelize.PageLayoutOptions{Size: new(9), Orientation: new("landscape"), FitToWidth: new(1), FitToHeight: new(0)}),
		b.file.SetPageMargins(SummaryName, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &foot, Footer: &foot}),
		b.file.SetHeaderFooter(SummaryName, &excelize.HeaderFooterOptions{OddFooter: "&L&F, &A&R&P / &N"}),
		b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + SummaryName + "'!$1:$2", Scope: SummaryName}),
	))
	return p
}

// HideGrid leaves out the lines between cells.
func (p *Page) HideGrid() {
	p.note(p.file.SetSheetView(SummaryName, 0, &excelize.ViewOptions{ShowGridLines: new(bool)}))
}

// note keeps the first error.
func (p *Page) note(err error) {
	if p.Err == nil && err != nil {
		p.Err = fmt.Errorf("sheet %s, row %d: %w", SummaryName, p.Row, err)
	}
}

func (p *Page) at(column int) string {
	name, err := excelize.CoordinatesToCellName(column, max(p.Row, 1))
	p.note(err)
	return name
}

func (p *Page) put(column, style int, v Value) {
	if v.Kind == Empty {
		return
	}
	at := p.at(column)
	v, err := v.forCell()
	p.note(err)
	v.Text = escapeEscapes(v.Text)
	p.note(p.file.SetCellValue(SummaryName, at, v.Native()))
	p.note(p.file.SetCellStyle(SummaryName, at, at, style))
}

// Skip leaves a row empty.
func (p *Page) Skip() { p.Row++ }

// Turn begins another page on paper.
func (p *Page) Turn() {
	p.note(p.file.InsertPageBreak(SummaryName, fmt.Sprintf("A%d", p.Row+1)))
}

// Heading writes a title.
func (p *Page) Heading(text string) {
	p.Row++
	p.put(1, p.looks.title, TextOf(text))
}

// Over heads a column of values of a kind.
func Over(title string, k Kind) Head { return Head{Title: title, Kind: k} }

// Header writes what stands over columns of values.
func (p *Page) Header(heads ...Head) {
	p.Row++
	for i, h := range heads {
		p.put(i+1, p.looks.over[h.Kind], TextOf(h.Title))
	}
}

// Values writes a row of values.
func (p *Page) Values(values ...Value) {
	p.Row++
	for i, v := range values {
		p.put(i+1, p.looks.of[v.Kind], v)
	}
}

// InState colours the first cell of the row as a state is.
func (p *Page) InState(state string) {
	p.note(p.file.SetCellStyle(SummaryName, p.at(1), p.at(1), p.looks.state(state)))
}

// Fact writes a value with what it is.
func (p *Page) Fact(label string, v Value) {
	p.Row++
	p.put(1, p.looks.label, TextOf(label))
	style := p.looks.of[v.Kind]
	if v.Kind == Int {
		style = p.looks.number
	}
	p.put(2, style, v)
}

// Prose spreads a long text over several columns and lines.
func (p *Page) Prose(label, text string, lastColumn int, height float64) {
	p.Row++
	p.put(1, p.looks.label, TextOf(label))
	p.put(2, p.looks.prose, TextOf(text))
	p.note(errors.Join(p.file.MergeCell(SummaryName, p.at(2), p.at(lastColumn)), p.file.SetRowHeight(SummaryName, p.Row, height)))
}

// Table makes one of the rows from top, its header, to the last one.
func (p *Page) Table(name string, top, columns int) {
	p.note(p.file.AddTable(SummaryName, &excelize.Table{Name: name, Range: fmt.Sprintf("A%d:%s", top, p.at(columns)), StyleName: tableStyle}))
}

// chartRows is how many rows of the sheet a chart covers.
const chartRows = 13

// Chart draws the rows from first to last beside them: names in A, numbers in B, what
// they are in B at the top. What follows stands below it.
func (p *Page) Chart(title string, top, first, last int, colour string) {
	cells := func(column string) string {
		return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", SummaryName, column, first, column, last)
	}
	name := fmt.Sprintf("'%s'!$B$%d", SummaryName, top) // a text would stand where Excel reads a reference
	gap := uint(40)
	if last-first < 6 { // few columns stay as narrow as many
		gap = 300
	}
	axis := excelize.Font{Family: fontName, Size: 9, Color: "404040"}
	p.note(p.file.AddChart(SummaryName, fmt.Sprintf("E%d", top), &excelize.Chart{
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
	p.Row = max(p.Row, top+chartRows)
}
