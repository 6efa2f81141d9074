package report

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// page writes rows one below the other and remembers the first error.
type page struct {
	out   *excelize.StreamWriter
	looks looks
	row   int
	err   error
}

func (p *page) put(opts excelize.RowOpts, cells ...any) {
	p.row++
	if p.err == nil {
		p.err = p.out.SetRow(rowStart(p.row), cells, opts)
	}
}

func (p *page) skip() { p.row++ }

func (p *page) heading(text string) {
	p.put(excelize.RowOpts{}, excelize.Cell{StyleID: p.looks.title, Value: text})
}

func (p *page) header(titles ...string) {
	cells := make([]any, len(titles))
	for i, t := range titles {
		cells[i] = excelize.Cell{StyleID: p.looks.header, Value: t}
	}
	p.put(excelize.RowOpts{}, cells...)
}

func (p *page) values(vs ...value) {
	cells := make([]any, len(vs))
	for i, v := range vs {
		cells[i] = p.cell(v)
	}
	p.put(excelize.RowOpts{}, cells...)
}

func (p *page) cell(v value) any {
	if v.kind == nothing {
		return nil
	}
	c, err := v.cell()
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("sheet %s, row %d: %w", p.out.Sheet, p.row+1, err)
	}
	return excelize.Cell{StyleID: p.looks.of[v.kind], Value: c}
}

func (p *page) fact(label string, v value) {
	p.put(excelize.RowOpts{}, excelize.Cell{StyleID: p.looks.label, Value: label}, p.cell(v))
}

// prose spreads a long text over several columns and lines.
func (p *page) prose(label, text string) {
	p.put(excelize.RowOpts{Height: 80},
		excelize.Cell{StyleID: p.looks.label, Value: label}, excelize.Cell{StyleID: p.looks.prose, Value: text})
	if p.err == nil {
		p.err = p.out.MergeCell(fmt.Sprintf("B%d", p.row), fmt.Sprintf("H%d", p.row))
	}
}

// table makes one of the rows from top, its header, to the last one.
func (p *page) table(name string, top, columns int) {
	if p.err == nil {
		p.err = p.out.AddTable(table(name, area(top, columns, p.row)))
	}
}
