package report

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// Reconciliation holds a delivery against its order, and what was imported
// against what is there:
//
//	ordered  = imported + unchanged + refused + missing
//	imported = the sum over the states + exchanged + withdrawn + unaccounted
type Reconciliation struct {
	Batch      int                 `json:"batch"`
	ID         string              `json:"id"`
	File       string              `json:"file"`
	Order      string              `json:"order"`
	Supplier   string              `json:"supplier"`
	Received   *string             `json:"received"`
	ImportedAt time.Time           `json:"imported_at"`
	ImportedBy string              `json:"imported_by"`
	Ordered    *int                `json:"ordered"` // null: nobody said
	Imported   int                 `json:"imported"`
	Unchanged  int                 `json:"unchanged"` // in the file, and here before it
	Refused    int                 `json:"refused"`
	Missing    *int                `json:"missing"` // negative: more came than were ordered
	States     map[token.State]int `json:"states"`
	Tokens     int                 `json:"tokens"`      // the sum over the states
	Exchanged  int                 `json:"exchanged"`   // by a later import
	Withdrawn  int                 `json:"withdrawn"`   // with its batch
	Lacking    int                 `json:"unaccounted"` // what nothing explains
	Notes      []string            `json:"differences"`
}

// ReconcileFilter selects batches.
type ReconcileFilter struct {
	Batch     int
	Different bool // only those where something differs
}

// Reconcile does it for every batch, in the order of their numbers, and last for all
// virtual tokens together, under the number 0.
func Reconcile(r Reader, f ReconcileFilter) Answer[Reconciliation] {
	a := Answer[Reconciliation]{
		Title:    "Reconciliation",
		Selected: "all batches",
		Limits: []string{
			"Ordered = imported + unchanged + refused + missing. Imported = the sum over the states + exchanged + withdrawn + unaccounted.",
			"Ordered is what the import said, or a correction since. Only a stocktake shows whether as many tokens are in the box.",
			"An import that was refused as a whole stored nothing and is no batch.",
		},
		Columns: reconcileColumns(),
		Spares: []string{"Supplier", "Imported by", "Withdrawn", "Exchanged", "Unchanged", "Imported at (UTC)", "File",
			"assigned", "suspended", "quarantined", "lost", "retired", "bound", "in_stock", "Order"},
		Rows: func(yield func(Reconciliation, error) bool) { f.rows(r, yield) },
		None: fault.Textf("no batches yet; %s makes one", fault.Do("import", "FILE")),
	}
	if f.Batch != 0 {
		a.Selected = fmt.Sprintf("batch %d", f.Batch)
	}
	if f.Different {
		a.Selected += ", where something differs"
		a.None = fault.Textf("no batch differs from what was imported, nor from what was ordered, where somebody said how many")
	}
	return a
}

func reconcileColumns() []sheet.Column[Reconciliation] {
	type row = Reconciliation
	all := []sheet.Column[row]{
		sheet.Col("", "Batch", 8, "Number of the import; empty: all virtual tokens, each a batch of its own", func(x *row) *int { return NonZero(x.Batch) }),
		sheet.Col("file", "File", 28, "Seed file that was imported", func(x *row) string { return x.File }),
		sheet.Col("order", "Order", 16, "Number of the order", func(x *row) string { return x.Order }),
		sheet.Col("supplier", "Supplier", 18, "Who delivered", func(x *row) string { return x.Supplier }),
		sheet.Col("imported_at", "Imported at (UTC)", 20, "When", func(x *row) time.Time { return x.ImportedAt }),
		sheet.Col("imported_by", "Imported by", 16, "Operator", func(x *row) string { return x.ImportedBy }),
		sheet.Col("ordered", "Ordered", 10, "As the import said, or a correction since; empty: nobody did", func(x *row) *int { return x.Ordered }),
		sheet.Col("imported", "Imported", 10, "Tokens that the batch brought", func(x *row) int { return x.Imported }),
		sheet.Col("unchanged", "Unchanged", 11, "Tokens of the file that were here before", func(x *row) int { return x.Unchanged }),
		sheet.Col("refused", "Refused", 10, "Records of the file that were not stored", func(x *row) int { return x.Refused }),
		sheet.Col("missing", "Missing", 10, "Ordered, and not in the file; negative: more came than were ordered", func(x *row) *int { return x.Missing }),
	}
	for _, s := range token.States() {
		all = append(all, sheet.Col("", string(s), 12, "Tokens of the batch that are "+string(s), func(x *row) int { return x.States[s] }))
	}
	return append(all,
		sheet.Col("exchanged", "Exchanged", 11, "Replaced since by a later import", func(x *row) int { return x.Exchanged }),
		sheet.Col("withdrawn", "Withdrawn", 11, "Gone with the whole batch", func(x *row) int { return x.Withdrawn }),
		sheet.Col("unaccounted", "Unaccounted", 12, "Imported, and neither there nor explained; anything but 0 is for a verification of the trail", func(x *row) int { return x.Lacking }),
		sheet.Col("", "Differences", 50, "The same in words", func(x *row) string { return listed(x.Notes) }))
}

func (f ReconcileFilter) rows(r Reader, yield func(Reconciliation, error) bool) {
	var batches []Batch
	var err error
	if f.Batch == 0 {
		batches, err = r.Batches()
		batches = GatherVirtual(batches)
	} else {
		batches = make([]Batch, 1)
		batches[0], err = r.Batch(f.Batch)
	}
	var exchanged map[string]exchange
	if err == nil && slices.ContainsFunc(batches, func(b Batch) bool { return b.WithdrawnAt == nil && sum(b.States) != b.New }) {
		exchanged, err = readExchanges(r)
	}
	if err != nil {
		yield(Reconciliation{}, err)
		return
	}
	for i := range batches {
		if x := reconcile(&batches[i], exchanged[batches[i].ID]); (!f.Different || len(x.Notes) > 0) && !yield(x, nil) {
			return
		}
	}
}

// exchange is how many tokens of a batch a later import replaced, by its number.
type exchange map[int]int

// readExchanges reads the trail for what imports took out of each batch.
func readExchanges(r Reader) (map[string]exchange, error) {
	all := map[string]exchange{}
	type span struct {
		batch       string
		first, last int64 // ids of its tokens
	}
	var spans []span
	err := eachEvent(r, func(e Event) error {
		if e.Command != token.CmdImport {
			return nil
		}
		d, err := detailOf[trail.ImportDetail](e)
		for _, old := range d.Replaced {
			for _, s := range spans {
				if old.Old.ID >= s.first && old.Old.ID <= s.last {
					all[s.batch][d.Number]++
				}
			}
		}
		spans, all[e.Object.ID] = append(spans, span{e.Object.ID, d.FirstID, d.LastID}), exchange{}
		return err
	}, MarkOf(token.CmdImport))
	return all, err
}

// reconcile holds one batch against its order and names the differences.
func reconcile(b *Batch, taken exchange) Reconciliation {
	x := Reconciliation{Batch: b.Number, ID: b.ID, File: b.File, Order: b.Order, Supplier: b.Supplier, Received: b.Received,
		ImportedAt: b.ImportedAt, ImportedBy: b.ImportedBy, Ordered: b.Expected, Imported: b.New, Unchanged: b.Unchanged,
		Refused: b.Refused, States: map[token.State]int{}, Tokens: sum(b.States), Exchanged: sum(taken), Notes: []string{}}
	for _, s := range token.States() {
		x.States[s] = b.States[s]
	}
	note := func(is bool, format string, args ...any) {
		if is {
			x.Notes = append(x.Notes, fmt.Sprintf(format, args...))
		}
	}
	if b.Expected != nil {
		missing := *b.Expected - b.New - b.Unchanged - b.Refused
		x.Missing = &missing
		note(missing > 0, "%d ordered, and not in the file", missing)
		note(missing < 0, "%d more in the file than were ordered", -missing)
	}
	note(x.Refused > 0, "%d refused", x.Refused)
	for _, later := range slices.Sorted(maps.Keys(taken)) {
		note(true, "%d exchanged by batch %d", taken[later], later)
	}
	x.Lacking = x.Imported - x.Tokens - x.Exchanged
	if b.WithdrawnAt != nil {
		x.Withdrawn, x.Lacking = x.Lacking, 0
		note(true, "withdrawn on %s", b.WithdrawnAt.UTC().Format(time.DateOnly))
	}
	note(x.Lacking > 0, "%d unaccounted for: verify the trail", x.Lacking)
	note(x.Lacking < 0, "%d tokens more than were imported: verify the trail", -x.Lacking)
	return x
}

func sum[K comparable](counts map[K]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
