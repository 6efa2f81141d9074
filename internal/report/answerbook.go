package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// WriteAnswer writes a report as a workbook: Summary (who asked what, when, of
// which store, and what the report cannot tell) and the rows as a table, on as
// many sheets as they need. Cells are as those of WriteWorkbook. Totals have no
// hash of rows: that is the inventory's.
func WriteAnswer[R any](w io.Writer, r Reader, e Export, a Answer[R]) (Totals, error) {
	return writeBook(w, e, func(b *book) (Totals, error) {
		s, err := r.Summary()
		if err != nil {
			return Totals{}, err
		}
		p := &answerPages[R]{book: b, answer: a, limit: sheetRows}
		rows, err := p.write()
		if err != nil {
			return Totals{}, err
		}
		if err := writeAnswerSummary(b, e, s, a, rows); err != nil {
			return Totals{}, err
		}
		return Totals{Rows: rows, Head: s.Head}, b.describe(e, a.Title)
	})
}

// answerPages are the sheets of a report's rows.
type answerPages[R any] struct {
	book   *book
	answer Answer[R]
	limit  int // rows on one sheet
	sheets int
	*page
}

func (p *answerPages[R]) write() (rows int, err error) {
	if err := p.open(); err != nil {
		return 0, err
	}
	cells := make([]value, len(p.answer.Columns))
	for row, err := range p.answer.Rows {
		if err != nil {
			return rows, err
		}
		if p.row > p.limit {
			if err := p.close(); err != nil {
				return rows, err
			}
			if err := p.open(); err != nil {
				return rows, err
			}
		}
		for i, c := range p.answer.Columns {
			cells[i] = valueOf(c.Of(&row))
		}
		p.values(cells...)
		if rows++; p.err != nil {
			return rows, p.err
		}
	}
	return rows, p.close()
}

func (p *answerPages[R]) open() error {
	p.sheets++
	columns := p.answer.Columns
	widths, titles := make([]float64, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		widths[i], titles[i] = c.Width, c.Title
	}
	name := p.numbered(p.answer.Title, " ")
	out, err := p.book.sheet(name, widths)
	if err != nil {
		return err
	}
	if err := p.book.repeatFirstRow(name); err != nil {
		return err
	}
	all := area(2, len(columns), p.limit+1) // serials of digits only are meant to be text
	if err := p.book.file.AddIgnoredErrors(name, all, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	p.page = &page{out: out, looks: p.book.looks}
	p.header(titles...)
	return p.err
}

// close ends a sheet. A table needs a row beneath its header.
func (p *answerPages[R]) close() error {
	p.row = max(p.row, 2)
	p.table(p.numbered("Report", "_"), 1, len(p.answer.Columns))
	if p.err != nil {
		return p.err
	}
	return p.out.Flush()
}

func (p *answerPages[R]) numbered(name, separator string) string {
	if p.sheets == 1 {
		return name
	}
	return name + separator + strconv.Itoa(p.sheets)
}

func writeAnswerSummary[R any](b *book, e Export, s Summary, a Answer[R], rows int) error {
	out, err := b.sheet(summarySheet, []float64{28, 100})
	if err != nil {
		return err
	}
	p := &page{out: out, looks: b.looks}
	p.heading(a.Title)
	p.skip()
	p.fact("Made at (UTC)", instantOf(e.Made))
	p.fact("Made by", wordsOf(operatorWords(e.By)))
	p.fact("Host", wordsOf(e.Host))
	p.fact("fob version", wordsOf(e.Version))
	p.fact("Store", wordsOf(s.StoreID))
	p.fact("Selected", wordsOf(a.Selected))
	p.fact("Rows", wholeOf(rows))
	p.fact("Events in the audit trail", wholeOf(s.Head.Seq))
	p.fact("Hash of the newest event", wordsOf(s.Head.Hash.String()))
	p.fact("Times", wordsOf("All times in this workbook are UTC."))
	for _, l := range a.Limits {
		p.fact("To know", wordsOf(l))
	}
	p.skip()
	p.header("Column", "Meaning")
	for _, c := range a.Columns {
		p.values(wordsOf(c.Title), wordsOf(c.About))
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// valueOf takes what a column of a report gives.
func valueOf(v any) value {
	switch v := v.(type) {
	case nil:
		return value{}
	case string:
		return wordsOf(v)
	case *string:
		return wordsAt(v)
	case int:
		return wholeOf(v)
	case int64:
		return wholeOf(v)
	case *int:
		return wholeAt(v)
	case *float64:
		return decimalAt(v)
	case time.Time:
		return instantOf(v)
	case *time.Time:
		return instantAt(v)
	case bool:
		return truthOf(v)
	}
	panic(fmt.Sprintf("a column of a report gives a %T", v)) // a mistake in its declaration
}
