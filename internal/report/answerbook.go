package report

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// WriteAnswer writes a report as a workbook: Summary (who asked what, when, of
// which store, and what the report cannot tell) and the rows as a table, on as
// many sheets as they need. Cells are as those of WriteWorkbook. Totals have no
// hash of rows: that is the inventory's.
func WriteAnswer[R any](w io.Writer, r Reader, e Export, a Answer[R]) (Totals, error) {
	return writeAnswer(bookWriter{limit: sheetRows}, w, r, e, a)
}

func writeAnswer[R any](bw bookWriter, w io.Writer, r Reader, e Export, a Answer[R]) (Totals, error) {
	return bw.writeBook(w, e, func(b *book) (Totals, error) {
		s, err := r.Summary()
		if err != nil {
			return Totals{}, err
		}
		rows := 0
		for _, s := range append([]sheet{a.sheet(&rows)}, a.more...) {
			if err := b.add(s); err != nil {
				return Totals{}, err
			}
		}
		if err := writeAnswerSummary(b, e, s, a, rows); err != nil {
			return Totals{}, err
		}
		return Totals{Rows: rows, Head: s.Head}, b.describe(e, a.Title)
	})
}

// sheet is the sheet of a report's rows, which are counted in n.
func (a Answer[R]) sheet(n *int) sheet {
	own := make([]column[R], len(a.Columns))
	for i, c := range a.Columns {
		own[i] = column[R]{title: c.Title, kind: words, width: c.Width, about: c.About, of: func(row *R) value { return valueOf(c.Of(row)) }}
	}
	counted := func(yield func(R, error) bool) {
		for row, err := range a.Rows {
			if err == nil {
				*n++
			}
			if !yield(row, err) {
				return
			}
		}
	}
	return sheetOf(a.Title, "", "", own, counted)
}

func writeAnswerSummary[R any](b *book, e Export, s Summary, a Answer[R], rows int) error {
	p := &page{file: b.file, sheet: summarySheet, looks: b.looks}
	p.note(errors.Join(b.file.SetColWidth(summarySheet, "A", "A", 28), b.file.SetColWidth(summarySheet, "B", "B", 100), b.setUpSummary()))
	p.heading(a.Title)
	p.skip()
	p.fact("Made at (UTC)", instantOf(e.Made))
	p.fact("Made by", wordsOf(e.By.String()))
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
	p.header(named("Column"), named("Meaning"))
	for _, c := range a.Columns {
		p.values(wordsOf(c.Title), wordsOf(c.About))
	}
	for _, s := range a.more {
		for _, h := range s.heads {
			p.values(wordsOf(s.name+": "+h.title), wordsOf(h.about))
		}
	}
	return p.err
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
