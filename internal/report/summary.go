package report

import (
	"fmt"

	"fob/internal/token"
)

// writeSummary fills the first sheet: whence the export comes and what proves
// it, the tokens by state, the batches with their reconciliation.
func writeSummary(b *book, e Export, s Summary, k *walk) error {
	cols := batchColumns() // the widest part of the sheet gives the widths
	widths := make([]float64, len(cols))
	for i, c := range cols {
		widths[i] = c.width
	}
	out, err := b.sheet(summarySheet, widths)
	if err != nil {
		return err
	}
	p := &page{out: out, looks: b.looks}
	p.heading("Token inventory")
	p.skip()
	p.origin(e, s, k)
	p.skip()
	p.states(s, k)
	p.skip()
	p.batches(cols, s.Batches)
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// origin says whence the export comes and what proves it.
func (p *page) origin(e Export, s Summary, k *walk) {
	p.fact("Made at (UTC)", instantOf(e.Made))
	p.fact("Made by", wordsOf(operatorWords(e.By)))
	p.fact("Host", wordsOf(e.Host))
	p.fact("fob version", wordsOf(e.Version))
	p.fact("Store", wordsOf(s.StoreID))
	if !s.AsOf.IsZero() {
		p.fact("As of", wordsOf(AsOfWords(s.AsOf)+": told from the trail, as far as its newest event then"))
	}
	p.fact("Selected", wordsOf(e.Filter.String()))
	p.fact("Rows", wholeOf(k.rows))
	p.fact("SHA-256 of the rows", wordsOf(k.sum()))
	p.prose("How it is computed", rowsDefinition)
	p.fact("Events in the audit trail", wholeOf(s.Head.Seq))
	p.fact("Hash of the newest event", wordsOf(s.Head.Hash.String()))
	p.fact("Times", wordsOf("All times in this workbook are UTC."))
}

func operatorWords(o token.Operator) string {
	text := fmt.Sprintf("%s (uid %d)", o.Name, o.UID)
	if o.SudoUID != "" {
		text += ", claims to be uid " + o.SudoUID + " through sudo"
	}
	return text
}

// states counts the rows of the export beside the whole store, which a filter
// does not touch.
func (p *page) states(s Summary, k *walk) {
	p.heading("Tokens by state")
	p.header("State", "In this export", "In the store")
	for _, st := range token.States() {
		p.values(wordsOf(st), wholeOf(k.states[st]), wholeOf(s.States[st]))
	}
	p.values(wordsOf("all"), wholeOf(k.rows), wholeOf(s.Tokens))
}

// batches reconciles every delivery of the store, whatever the filter.
func (p *page) batches(columns []batchColumn, list []Batch) {
	p.heading("Batches of the store")
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	p.header(titles...)
	top := p.row
	row := make([]value, len(columns))
	for i := range list {
		for j, c := range columns {
			row[j] = c.of(&list[i])
		}
		p.values(row...)
	}
	if len(list) > 0 {
		p.table("Batches", top, len(columns))
	}
}

type batchColumn struct {
	title string
	width float64
	of    func(*Batch) value
}

// batchColumns: who brought what, what was ordered and came, where it is now.
func batchColumns() []batchColumn {
	cols := []batchColumn{
		{"Batch", 26, func(b *Batch) value { return wholeOf(b.Number) }},
		{"Id", 38, func(b *Batch) value { return wordsOf(b.ID) }},
		{"File", 28, func(b *Batch) value { return wordsOf(b.File) }},
		{"File SHA-256", 22, func(b *Batch) value { return wordsOf(b.SHA256) }},
		{"Format", 14, func(b *Batch) value { return wordsOf(b.Format) }},
		{"Order", 16, func(b *Batch) value { return wordsOf(b.Order) }},
		{"Supplier", 18, func(b *Batch) value { return wordsOf(b.Supplier) }},
		{"Received", 12, func(b *Batch) value { return wordsAt(b.Received) }},
		{"Location", 16, func(b *Batch) value { return wordsOf(b.Location) }},
		{"Imported at (UTC)", 20, func(b *Batch) value { return instantOf(b.ImportedAt) }},
		{"Imported by", 20, func(b *Batch) value { return wordsOf(b.ImportedBy) }},
		{"Ordered", 10, func(b *Batch) value { return wholeAt(b.Expected) }},
		{"Records", 10, func(b *Batch) value { return wholeOf(b.Records) }},
		{"New", 10, func(b *Batch) value { return wholeOf(b.New) }},
		{"Unchanged", 12, func(b *Batch) value { return wholeOf(b.Unchanged) }},
		{"Refused", 10, func(b *Batch) value { return wholeOf(b.Refused) }},
		{"Records - ordered", 19, recordsOverOrder},
	}
	for _, st := range token.States() {
		cols = append(cols, batchColumn{string(st), 13, func(b *Batch) value { return wholeOf(b.States[st]) }})
	}
	return append(cols, batchColumn{"Tokens now", 13, tokensNow},
		batchColumn{"Quarantined (UTC)", 20, func(b *Batch) value { return instantAt(b.QuarantinedAt) }},
		batchColumn{"Withdrawn (UTC)", 20, func(b *Batch) value { return instantAt(b.WithdrawnAt) }})
}

func recordsOverOrder(b *Batch) value {
	if b.Expected == nil {
		return value{}
	}
	return wholeOf(b.Records - *b.Expected)
}

func tokensNow(b *Batch) value {
	sum := 0
	for _, n := range b.States {
		sum += n
	}
	return wholeOf(sum)
}

// writeColumns is the dictionary of the inventory: title, name and kind of the
// field (which the rows hash needs), meaning.
func writeColumns(b *book) error {
	out, err := b.sheet(columnsSheet, []float64{24, 18, 16, 80})
	if err != nil {
		return err
	}
	p := &page{out: out, looks: b.looks}
	p.header("Column", "Field", "Kind", "Meaning")
	for _, c := range columns {
		p.values(wordsOf(c.title), wordsOf(c.name), wordsOf(kindNames[c.kind]), wordsOf(c.about))
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}
