package report

import (
	"errors"
	"time"

	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// maxMonths is how many months the chart shows: three years, which an eye can
// still tell apart.
const maxMonths = 36

// summaryWidths: labels, values, and columns of numbers.
var summaryWidths = []float64{26, 24, 16, 12, 12, 12, 12, 12, 12, 14, 12, 12, 12, 14, 19}

// writeSummary fills the first sheet: whence the export comes and what proves it,
// the tokens by state, bindings by month, what is to be explained, the batches with
// their reconciliation.
func writeSummary(b *book, d *document) error {
	p := &page{file: b.file, sheet: summarySheet, looks: b.looks}
	for i, w := range summaryWidths {
		name, err := excelize.ColumnNumberToName(i + 1)
		p.note(err)
		p.note(b.file.SetColWidth(summarySheet, name, name, w))
	}
	p.note(b.setUpSummary())
	p.heading("Token inventory")
	p.skip()
	p.origin(d)
	p.skip()
	p.states(d)
	p.skip()
	p.bindings(d)
	p.skip()
	p.turn()
	p.exceptions(d)
	p.skip()
	p.batches(gathered(d.summary.Batches))
	p.note(b.file.SetSheetView(summarySheet, 0, &excelize.ViewOptions{ShowGridLines: new(bool)}))
	return p.err
}

func (b *book) setUpSummary() error {
	fit, landscape, wide, high, a4 := true, "landscape", 1, 0, 9
	side, edge, foot := 0.4, 0.6, 0.3 // as on the other sheets
	return errors.Join(
		b.file.SetSheetProps(summarySheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.file.SetPageLayout(summarySheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high}),
		b.file.SetPageMargins(summarySheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &foot, Footer: &foot}),
		b.file.SetHeaderFooter(summarySheet, &excelize.HeaderFooterOptions{OddFooter: "&L&F, &A&R&P / &N"}),
		b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + summarySheet + "'!$1:$1", Scope: summarySheet}),
	)
}

// facts of an export, in the order in which a person asks.
type exportFact struct {
	label string
	field string // in the CSV of the summary
	v     value
}

func (d *document) facts() []exportFact {
	names := "as they are"
	if d.e.Pseudonyms != nil {
		names = "replaced by pseudonyms; reasons and proofs of identity are withheld"
	}
	facts := []exportFact{
		{"Made at (UTC)", "made_at", instantOf(d.e.Made)},
		{"Made by", "made_by", wordsOf(d.e.By.String())},
		{"Host", "host", wordsOf(d.e.Host)},
		{"fob version", "version", wordsOf(d.e.Version)},
		{"Store", "store", wordsOf(d.summary.StoreID)},
	}
	if at := d.summary.AsOf; !at.IsZero() {
		facts = append(facts, exportFact{"As of", "as_of", wordsOf(AsOfWords(at) + ": told from the trail, as far as its newest event then")})
	}
	facts = append(facts, []exportFact{
		{"Selected", "selected", wordsOf(d.e.Selected())},
		{"Account names", "account_names", wordsOf(names)},
		{"Rows", "rows", wholeOf(d.walk.rows)},
		{"SHA-256 of the rows", "rows_sha256", wordsOf(d.walk.sum())},
		{"Events in the audit trail", "events", wholeOf(d.summary.Head.Seq)},
		{"Hash of the newest event", "head", wordsOf(d.summary.Head.Hash.String())},
	}...)
	if d.changes == nil {
		return facts
	}
	return append(facts,
		exportFact{"Compared with", "compared_with", wordsOf(d.changes.Words)},
		exportFact{"Changes since", "changes", wordsOf(d.changes.sum.String())},
		exportFact{"SHA-256 of the changes", "changes_sha256", wordsOf(d.changes.hash.sum())})
}

// origin says whence the export comes and what proves it.
func (p *page) origin(d *document) {
	for _, f := range d.facts() {
		p.fact(f.label, f.v)
		if f.field == "rows_sha256" {
			p.prose("How it is computed", rowsDefinition, len(summaryWidths), 64)
		}
	}
	p.fact("Times", wordsOf("All times in this workbook are UTC."))
}

// states counts the rows of the export beside the whole store, which a filter
// does not touch.
func (p *page) states(d *document) {
	p.heading("Tokens by state")
	top := p.row
	p.header(named("State"), counted("In this export"), counted("In the store"))
	for _, st := range token.States() {
		p.values(wordsOf(st), wholeOf(d.walk.states[st]), wholeOf(d.summary.States[st]))
		p.note(p.file.SetCellStyle(p.sheet, p.at(1), p.at(1), p.looks.state(string(st))))
	}
	last := p.row
	p.values(wordsOf("all"), wholeOf(d.walk.rows), wholeOf(d.summary.Tokens))
	p.chart("Tokens by state", top, top+2, last, "4472C4")
	p.skipTo(top + chartRows + 1)
}

// bindings shows the newest months in which tokens were bound.
func (p *page) bindings(d *document) {
	p.heading("Bindings a month")
	top := p.row
	months := d.monthsInOrder()
	if len(months) == 0 {
		p.values(wordsOf("none of these tokens was ever bound"))
		return
	}
	months = months[max(len(months)-maxMonths, 0):]
	p.header(named("Month (UTC)"), counted("Bindings opened"))
	for _, m := range months {
		p.values(wordsOf(m), wholeOf(d.months[m]))
	}
	p.chart("Bindings a month", top, top+2, p.row, "70AD47")
	p.skipTo(top + chartRows + 1)
}

func (p *page) exceptions(d *document) {
	p.heading("To be explained: see Exceptions")
	p.header(named("Kind"), counted("How many"), named("Meaning"))
	for _, k := range ExceptionKinds() {
		n, about := wholeOf(d.found[k.Kind]), k.Meaning
		switch {
		case k.Kind == LeaverHolds && !d.summary.AsOf.IsZero():
			n, about = value{}, about+" (not looked for: told of the present only)"
		case k.Kind == LeaverHolds && !d.people:
			n, about = value{}, about+" (not looked for: there is no list of people)"
		}
		p.values(wordsOf(k.Kind), n, wordsOf(about))
	}
}

// batches reconciles every delivery of the store, whatever the filter.
func (p *page) batches(list []Batch) {
	p.heading("Batches of the store: what was ordered, what came, where it is now")
	heads := []head{counted("Batch"), named("File"), named("Order"), counted("Ordered"), counted("Records"), counted("New")}
	for _, st := range token.States() {
		heads = append(heads, counted(string(st)))
	}
	p.header(append(heads, counted("Tokens now"), counted("New - tokens now"))...)
	top := p.row
	for i := range list {
		p.batch(&list[i])
	}
	if len(list) > 0 {
		p.table("Reconciliation", top, len(heads)+2)
	}
}

func (p *page) batch(b *Batch) {
	row := []value{numberOf(b.Number), wordsOf(b.File), wordsOf(b.Order), wholeAt(b.Expected), wholeOf(b.Records), wholeOf(b.New)}
	for _, st := range token.States() {
		row = append(row, wholeOf(b.States[st]))
	}
	p.values(append(row, wholeOf(tokensNow(b)), newOverNow(b))...)
}

// summaryRows is the summary as plain rows, for the archive of CSV files.
func (d *document) summaryRows() [][2]value {
	var rows [][2]value
	for _, f := range d.facts() {
		rows = append(rows, [2]value{wordsOf(f.field), f.v})
	}
	for _, st := range token.States() {
		rows = append(rows, [2]value{wordsOf("tokens_" + string(st)), wholeOf(d.walk.states[st])})
	}
	for _, k := range ExceptionKinds() {
		rows = append(rows, [2]value{wordsOf("exceptions_" + string(k.Kind)), wholeOf(d.found[k.Kind])})
	}
	for _, m := range d.monthsInOrder() {
		rows = append(rows, [2]value{wordsOf("bindings_" + m), wholeOf(d.months[m])})
	}
	return rows
}

// zipTime is the time of the files within an archive: that of the export.
func zipTime(e Export) time.Time { return e.Made.UTC().Truncate(2 * time.Second) }
