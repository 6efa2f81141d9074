package report

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

// document is an export in the making: its sheets, in the order in which they are
// written, and what is counted on the way. All forms but the plain CSV are made
// of it.
type document struct {
	reader  Reader // with the names as they are shown
	e       Export
	summary Summary
	walk    *walk
	months  map[string]int // bindings opened, by month
	found   map[ExceptionKind]int
	people  bool        // a list of people says who has left
	changes *comparison // nil: nothing is compared
	sheets  []sheet
}

func newDocument(r Reader, e Export) (*document, error) {
	s, err := r.Summary()
	if err != nil {
		return nil, fmt.Errorf("export, reading the summary: %w", err)
	}
	d := &document{reader: e.shown(r), e: e, summary: s, walk: newWalk(), months: map[string]int{}, found: map[ExceptionKind]int{}}
	people, err := r.NewestList()
	if err != nil {
		return nil, fmt.Errorf("export, reading the newest list of people: %w", err)
	}
	d.people = people != nil
	if e.Compare != nil {
		if d.changes, err = newComparison(r, e); err != nil {
			return nil, err
		}
	}
	d.sheets = d.plan(r)
	d.sheets = append(d.sheets, d.dictionary())
	return d, nil
}

// plan lists the sheets. Their rows are read only when they are asked for.
func (d *document) plan(r Reader) []sheet {
	sheets := []sheet{d.inventory()}
	if d.changes != nil {
		sheets = append(sheets, sheetOf(changesSheet, "changes", "What differs from before", changeColumns, d.changes.rows))
	}
	return append(sheets,
		sheetOf(bindingsSheet, "bindings", "Bindings of these tokens, open and ended ones", bindingColumns, d.bindings()),
		sheetOf(batchesSheet, "batches", "All deliveries of the store", batchColumns, seqOf(func() ([]Batch, error) { return gathered(d.summary.Batches), nil })),
		sheetOf(locationsSheet, "locations", "These tokens by place and state", placeColumns,
			seqOf(func() ([]Place, error) { return placesOf(d.walk.counts()), nil })),
		sheetOf(eventsSheet, "trail", "The whole trail of the store", eventColumns, d.trail()),
		sheetOf(exceptionsSheet, "exceptions", "What is to be explained", exceptionColumns, d.exceptions(r)))
}

// anyPlan has all sheets that an export can have, without rows.
func anyPlan() []sheet { return (&document{changes: &comparison{}}).plan(nil) }

// totals is what all that was written came to.
func (d *document) totals() Totals {
	t := d.walk.totals(d.summary)
	if d.changes != nil {
		t.Changes = d.changes.changed()
	}
	return t
}

func (d *document) trail() EventSeq {
	return func(yield func(Event, error) bool) { Log(d.reader, EventFilter{})(yield) }
}

// dictionary explains all sheets, itself too.
func (d *document) dictionary() sheet {
	own := sheet{name: dictionarySheet, heads: headsOf(dictionaryColumns)}
	all := explain(append(slices.Clip(d.sheets), own))
	return sheetOf(dictionarySheet, "dictionary", "What each column means", dictionaryColumns, seqOf(func() ([]Explained, error) { return all, nil }))
}

// inventory is the sheet of the tokens; its rows are those of the walk.
func (d *document) inventory() sheet {
	each := func(visit func(any, []value) error) error {
		err := d.walk.each(d.reader, d.e.Filter, func(t *Token) error { return visit(t, d.walk.values) })
		if err != nil {
			return err
		}
		return d.walk.agrees(d.e.Filter, d.summary)
	}
	return sheet{inventorySheet, "One row a token", "tokens", headsOf(columns), each}
}

func (d *document) bindings() iter.Seq2[Binding, error] {
	return func(yield func(Binding, error) bool) {
		for b, err := range d.reader.Bindings(d.e.Filter) {
			if err == nil {
				d.months[b.OpenedAt.UTC().Format("2006-01")]++
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// exceptions are found among the names as they are: who approved for themselves
// could not be told of pseudonyms.
func (d *document) exceptions(r Reader) ExceptionSeq {
	return func(yield func(Exception, error) bool) {
		f := ExceptionFilter{Now: d.e.Made, Tokens: d.e.Filter}
		if at := d.summary.AsOf; !at.IsZero() {
			f.Now = at // the past has no leavers to give
		}
		for x, err := range Exceptions(r, f) {
			if err == nil {
				d.found[x.Kind]++
				x = d.e.exception(x)
			}
			if !yield(x, err) {
				return
			}
		}
	}
}

// monthsInOrder are the months in which tokens were bound, those without a binding
// between them as well, the newest last.
func (d *document) monthsInOrder() []string {
	named := slices.Sorted(maps.Keys(d.months))
	if len(named) == 0 {
		return nil
	}
	var all []string
	for m := named[0]; m <= named[len(named)-1]; m = nextMonth(m) {
		all = append(all, m)
	}
	return all
}

// Dictionary explains every column of every sheet, without a store.
func Dictionary() []Explained { return explain(anyPlan()) }

// ArrayOf is the name in JSON of the rows of a sheet.
func ArrayOf(name string) string {
	for _, s := range anyPlan() {
		if s.name == name {
			return s.array
		}
	}
	return ""
}
