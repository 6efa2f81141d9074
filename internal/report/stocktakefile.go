package report

import (
	"fob/internal/report/sheet"
	"fob/internal/token"
	"io"
)

// findingColumns are those of a stocktake's file.
var findingColumns = []sheet.Column[Found]{
	sheet.Col("finding", "Finding", 12, "", func(f *Found) Finding { return f.Finding }),
	sheet.Col("serial", "Serial", 18, "", func(f *Found) token.Serial { return f.Serial }),
	sheet.Col("scanned_as", "Scanned as", 24, "", func(f *Found) string { return f.Scanned }),
	sheet.Col("line", "Line", 8, "", lineOf),
	sheet.Col("state", "State", 12, "", func(f *Found) token.State { return f.State }),
	sheet.Col("account", "Account", 28, "", func(f *Found) *string { return f.Account }),
	sheet.Col("location", "Recorded at", 24, "", func(f *Found) *string { return f.Location }),
	sheet.Col("todo", "What to do", 60, "", func(f *Found) string { return f.Todo }),
}

func lineOf(f *Found) *int {
	if f.Line == 0 {
		return nil
	}
	return &f.Line
}

func (s *Stocktake) sheet() sheet.Sheet {
	return sheet.New("Findings", "", "", findingColumns, Rows(s.Findings))
}

// WriteStocktakeCSV writes the findings as CSV, as strict as an export and as safe
// against formulas.
func WriteStocktakeCSV(w io.Writer, s *Stocktake) error { return sheet.WriteCSV(w, s.sheet()) }

// WriteStocktakeWorkbook writes a stocktake as a workbook: Summary, and Findings as
// a table that can be filtered.
func WriteStocktakeWorkbook(w io.Writer, s *Stocktake, o Origin) error {
	return sheet.WriteBook(w, o.Options("Stocktake"), func(b *sheet.Book) error {
		if err := b.Add(s.sheet()); err != nil {
			return err
		}
		p := b.Summary(26, 40)
		p.Heading("Stocktake")
		p.Skip()
		p.Fact("Location", sheet.TextOf(s.Location))
		p.Fact("Made at (UTC)", sheet.TimeOf(o.Made))
		p.Fact("Made by", sheet.TextOf(o.By.String()))
		p.Fact("fob version", sheet.TextOf(o.Version))
		p.Skip()
		for _, c := range []struct {
			label string
			n     int
		}{{"Scanned", s.Scanned}, {"Expected", s.Expected}, {"Missing", len(s.Missing)}, {"Unexpected", len(s.Unexpected)},
			{"Misplaced", len(s.Misplaced)}, {"Unknown", len(s.Unknown)}, {"Scanned twice", s.Repeated}, {"Posted as moves", len(s.Moved)}} {
			p.Fact(c.label, sheet.IntOf(c.n))
		}
		for _, n := range s.Notes {
			p.Fact("Note", sheet.TextOf(n))
		}
		return p.Err
	})
}
