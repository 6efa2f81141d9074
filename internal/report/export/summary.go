package export

import (
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// rowsDefinition stands beside the hash in a workbook: an auditor must be able
// to compute it without fob.
const rowsDefinition = "SHA-256 of the .csv export of the same tokens (the sheets Inventory, one after the other, under one header line of " +
	"the field names that sheet Data dictionary lists). UTF-8 without a mark; every field in double quotes, those inside doubled; commas between fields; " +
	"each line ends in CR LF. Times as 2026-11-23T08:00:00Z, whole seconds; drift and rate with at most three decimals; true and false; " +
	"nothing between the quotes where nothing is known; an apostrophe before text that begins with = + - @, their full-width forms, TAB, CR or LF, " +
	"as in the cells."

// fact is what an export says of itself.
type fact struct {
	Label string // for people
	Field string // in the CSV of the summary
	Value sheet.Value
}

// facts are those of an export, in the order in which a person asks.
func (d *document) facts() []fact {
	names := "as they are"
	if d.e.Pseudonyms != nil {
		names = "replaced by pseudonyms; reasons and proofs of identity are withheld"
	}
	facts := []fact{
		{"Made at (UTC)", "made_at", sheet.TimeOf(d.e.Made)},
		{"Made by", "made_by", sheet.TextOf(d.e.By.String())},
		{"Host", "host", sheet.TextOf(d.e.Host)},
		{"fob version", "version", sheet.TextOf(d.e.Version)},
		{"Store", "store", sheet.TextOf(d.summary.StoreID)},
	}
	if at := d.summary.AsOf; !at.IsZero() {
		facts = append(facts, fact{"As of", "as_of", sheet.TextOf(report.AsOfWords(at) + ": rebuilt from the trail, up to its newest event then")})
	}
	facts = append(facts, []fact{
		{"Selected", "selected", sheet.TextOf(d.e.Selected())},
		{"Account names", "account_names", sheet.TextOf(names)},
		{"Rows", "rows", sheet.IntOf(d.rows)},
		{"SHA-256 of the rows", "rows_sha256", sheet.TextOf(d.sum())},
		{"Events in the audit trail", "events", sheet.IntOf(d.summary.Head.Seq)},
		{"Hash of the newest event", "head", sheet.TextOf(d.summary.Head.Hash.String())},
	}...)
	if d.changes == nil {
		return facts
	}
	changed := d.changes.changed()
	return append(facts,
		fact{"Compared with", "compared_with", sheet.TextOf(d.changes.Words)},
		fact{"Changes since", "changes", sheet.TextOf(changed.String())},
		fact{"SHA-256 of the changes", "changes_sha256", sheet.TextOf(changed.SHA256)})
}

// summarySheet is the summary as plain rows, for the archive of CSV files.
func (d *document) summarySheet() sheet.Sheet {
	all := d.facts()
	count := func(what, of string, n int) { all = append(all, fact{Field: what + of, Value: sheet.IntOf(n)}) }
	for _, st := range token.States() {
		count("tokens_", string(st), d.states[st])
	}
	for _, k := range report.ExceptionKinds() {
		count("exceptions_", string(k.Kind), d.found[k.Kind])
	}
	for _, m := range d.monthsInOrder() {
		count("bindings_", m, d.months[m])
	}
	return sheet.New(sheet.SummaryName, "", "", []sheet.Column[fact]{
		sheet.Col("fact", "", 0, "", func(f *fact) string { return f.Field }),
		sheet.Col("value", "", 0, "", func(f *fact) sheet.Value { return f.Value }),
	}, report.Rows(all))
}

// summaryWidths: labels, values, and columns of numbers.
var summaryWidths = []float64{26, 24, 16, 12, 12, 12, 12, 12, 12, 14, 12, 12, 12, 14, 19}

// writeSummary fills the first sheet: where the export comes from and what proves it,
// the tokens by state, bindings by month, what is to be explained, the batches with
// their reconciliation.
func (d *document) writeSummary(b *sheet.Book) error {
	p := b.Summary(summaryWidths...)
	p.Heading("Token inventory")
	p.Skip()
	for _, f := range d.facts() {
		p.Fact(f.Label, f.Value)
		if f.Field == "rows_sha256" {
			p.Prose("How it is computed", rowsDefinition, len(summaryWidths), 64)
		}
	}
	p.Fact("Times", sheet.TextOf("All times in this workbook are UTC."))
	p.Skip()
	d.writeStates(p)
	p.Skip()
	d.writeMonths(p)
	p.Skip()
	p.Turn()
	d.writeExceptions(p)
	p.Skip()
	d.writeBatches(p)
	p.HideGrid()
	return p.Err
}

func named(title string) sheet.Head   { return sheet.Over(title, sheet.Text) }
func counted(title string) sheet.Head { return sheet.Over(title, sheet.Int) }

// writeStates counts the rows of the export beside the whole store, which a filter
// does not touch.
func (d *document) writeStates(p *sheet.Page) {
	p.Heading("Tokens by state")
	top := p.Row
	p.Header(named("State"), counted("In this export"), counted("In the store"))
	for _, st := range token.States() {
		p.Values(sheet.TextOf(st), sheet.IntOf(d.states[st]), sheet.IntOf(d.summary.States[st]))
		p.InState(string(st))
	}
	last := p.Row
	p.Values(sheet.TextOf("all"), sheet.IntOf(d.rows), sheet.IntOf(d.summary.Tokens))
	p.Chart("Tokens by state", top, top+2, last, "4472C4")
}

// maxMonths is how many months the chart shows: three years, which an eye can
// still tell apart.
const maxMonths = 36

// writeMonths shows the newest months in which tokens were bound.
func (d *document) writeMonths(p *sheet.Page) {
	p.Heading("Bindings a month")
	top := p.Row
	months := d.monthsInOrder()
	if len(months) == 0 {
		p.Values(sheet.TextOf("none of these tokens was ever bound"))
		return
	}
	p.Header(named("Month (UTC)"), counted("Bindings opened"))
	for _, m := range months[max(len(months)-maxMonths, 0):] {
		p.Values(sheet.TextOf(m), sheet.IntOf(d.months[m]))
	}
	p.Chart("Bindings a month", top, top+2, p.Row, "70AD47")
}

func (d *document) writeExceptions(p *sheet.Page) {
	p.Heading("To be explained: see Exceptions")
	p.Header(named("Kind"), counted("How many"), named("Meaning"))
	for _, k := range report.ExceptionKinds() {
		n, about := sheet.IntOf(d.found[k.Kind]), k.Meaning
		switch {
		case k.Kind == report.LeaverHolds && !d.summary.AsOf.IsZero():
			n, about = sheet.Value{}, about+" (not shown for the past)"
		case k.Kind == report.LeaverHolds && !d.people:
			n, about = sheet.Value{}, about+" (not looked for: there is no list of people)"
		}
		p.Values(sheet.TextOf(k.Kind), n, sheet.TextOf(about))
	}
}

// writeBatches reconciles every delivery of the store, whatever the filter: with some
// of the columns of the sheet Batches.
func (d *document) writeBatches(p *sheet.Page) {
	p.Heading("Batches of the store: what was ordered, what came, where it is now")
	var chosen []sheet.Column[report.Batch]
	names := append([]string{"number", "file", "order", "expected", "records", "new"}, token.Texts(token.States())...)
	for _, name := range append(names, "tokens", "new_minus_tokens") {
		chosen = append(chosen, sheet.Named(batchColumns, name))
	}
	p.Header(sheet.Heads(chosen)...)
	top := p.Row
	list := report.GatherVirtual(d.summary.Batches)
	values := make([]sheet.Value, len(chosen))
	for i := range list {
		for j, c := range chosen {
			values[j] = c.Of(&list[i])
		}
		p.Values(values...)
	}
	if len(list) > 0 {
		p.Table("Reconciliation", top, len(chosen))
	}
}
