package report

import (
	"bufio"
	"errors"
	"io"
)

// findingColumns are those of a stocktake's file.
var findingColumns = []column[Found]{
	{"finding", "Finding", words, 12, "", func(f *Found) value { return wordsOf(f.Finding) }},
	{"serial", "Serial", words, 18, "", func(f *Found) value { return wordsOf(f.Serial) }},
	{"scanned_as", "Scanned as", words, 24, "", func(f *Found) value { return wordsOf(f.Scanned) }},
	{"line", "Line", whole, 8, "", lineOf},
	{"state", "State", words, 12, "", func(f *Found) value { return wordsOf(f.State) }},
	{"account", "Account", words, 28, "", func(f *Found) value { return wordsAt(f.Account) }},
	{"location", "Recorded at", words, 24, "", func(f *Found) value { return wordsAt(f.Location) }},
	{"todo", "What to do", words, 60, "", func(f *Found) value { return wordsOf(f.Todo) }},
}

func lineOf(f *Found) value {
	if f.Line == 0 {
		return value{}
	}
	return wholeOf(f.Line)
}

// WriteStocktakeCSV writes the findings as CSV, as strict as WriteCSV and as safe
// against formulas.
func WriteStocktakeCSV(w io.Writer, s *Stocktake) error {
	out := bufio.NewWriterSize(w, outBuffer)
	var line []byte
	for _, c := range findingColumns {
		line = append(wordsOf(c.name).appendCSV(line), ',')
	}
	if _, err := out.Write(endLine(line)); err != nil {
		return writeError(err)
	}
	values := make([]value, len(findingColumns))
	for i := range s.Findings {
		for j, c := range findingColumns {
			values[j] = c.of(&s.Findings[i])
		}
		line = appendLine(line[:0], values)
		if _, err := out.Write(line); err != nil {
			return writeError(err)
		}
	}
	return writeError(out.Flush())
}

// stocktakeSheet is the sheet of the findings.
const stocktakeSheet = "Findings"

// WriteStocktakeWorkbook writes a stocktake as a workbook: Summary, and Findings as
// a table that can be filtered.
func WriteStocktakeWorkbook(w io.Writer, s *Stocktake, e Export) error {
	_, err := bookWriter{limit: sheetRows}.writeBook(w, e, func(b *book) (t Totals, err error) {
		findings := seqOf(func() ([]Found, error) { return s.Findings, nil })
		if err := b.add(sheetOf(stocktakeSheet, "", "", findingColumns, findings)); err != nil {
			return t, err
		}
		return t, errors.Join(stocktakeFacts(b, s, e), b.describe(e, "Stocktake"))
	})
	return err
}

func stocktakeFacts(b *book, s *Stocktake, e Export) error {
	p := &page{file: b.file, sheet: summarySheet, looks: b.looks}
	p.note(errors.Join(b.file.SetColWidth(summarySheet, "A", "A", 26), b.file.SetColWidth(summarySheet, "B", "B", 40), b.setUpSummary()))
	p.heading("Stocktake")
	p.skip()
	p.fact("Location", wordsOf(s.Location))
	p.fact("Made at (UTC)", instantOf(e.Made))
	p.fact("Made by", wordsOf(e.By.String()))
	p.fact("fob version", wordsOf(e.Version))
	p.skip()
	for _, c := range []struct {
		label string
		n     int
	}{{"Scanned", s.Scanned}, {"Expected", s.Expected}, {"Missing", len(s.Missing)}, {"Unexpected", len(s.Unexpected)},
		{"Misplaced", len(s.Misplaced)}, {"Unknown", len(s.Unknown)}, {"Scanned twice", s.Repeated}, {"Posted as moves", len(s.Moved)}} {
		p.fact(c.label, wholeOf(c.n))
	}
	for _, n := range s.Notes {
		p.fact("Note", wordsOf(n))
	}
	return p.err
}
