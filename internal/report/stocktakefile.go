package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// findingColumns are those of a stocktake's file.
var findingColumns = []struct {
	name, title string
	width       float64
	of          func(*Found) value
}{
	{"finding", "Finding", 12, func(f *Found) value { return wordsOf(f.Finding) }},
	{"serial", "Serial", 18, func(f *Found) value { return wordsOf(f.Serial) }},
	{"scanned_as", "Scanned as", 24, func(f *Found) value { return wordsOf(f.Scanned) }},
	{"line", "Line", 8, lineOf},
	{"state", "State", 12, func(f *Found) value { return wordsOf(f.State) }},
	{"account", "Account", 28, func(f *Found) value { return wordsAt(f.Account) }},
	{"location", "Recorded at", 24, func(f *Found) value { return wordsAt(f.Location) }},
	{"todo", "What to do", 60, func(f *Found) value { return wordsOf(f.Todo) }},
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
func WriteStocktakeWorkbook(w io.Writer, s *Stocktake, e Export) (err error) {
	dir, err := os.MkdirTemp(e.TempDir, "fob-export-")
	if err != nil {
		return fmt.Errorf("a folder for the workbook's temporary files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b, err := newBook(dir)
	if err != nil {
		return err
	}
	defer func() { _ = b.file.Close() }()
	if err := stocktakeFacts(b, s, e); err != nil {
		return err
	}
	if err := stocktakeFindings(b, s); err != nil {
		return err
	}
	if err := b.describe(e, "Stocktake"); err != nil {
		return err
	}
	return b.save(w)
}

func stocktakeFacts(b *book, s *Stocktake, e Export) error {
	out, err := b.sheet(summarySheet, []float64{26, 40})
	if err != nil {
		return err
	}
	p := &page{out: out, looks: b.looks}
	p.heading("Stocktake")
	p.skip()
	p.fact("Location", wordsOf(s.Location))
	p.fact("Made at (UTC)", instantOf(e.Made))
	p.fact("Made by", wordsOf(operatorWords(e.By)))
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
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

func stocktakeFindings(b *book, s *Stocktake) error {
	widths, titles := make([]float64, len(findingColumns)), make([]string, len(findingColumns))
	for i, c := range findingColumns {
		widths[i], titles[i] = c.width, c.title
	}
	out, err := b.sheet(stocktakeSheet, widths)
	if err != nil {
		return err
	}
	p := &page{out: out, looks: b.looks}
	p.header(titles...)
	values := make([]value, len(findingColumns))
	for i := range s.Findings {
		for j, c := range findingColumns {
			values[j] = c.of(&s.Findings[i])
		}
		p.values(values...)
	}
	if len(s.Findings) > 0 { // a table needs a row below its header
		p.table(stocktakeSheet, 1, len(findingColumns))
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}
