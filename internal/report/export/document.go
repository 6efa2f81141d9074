package export

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"iter"
	"maps"
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// document is an export in the making: its sheets, in the order in which they are
// written, and what is counted on the way. All forms are made of it, so that all
// come to the same numbers.
type document struct {
	reader  Reader // with the names as they are shown
	e       Export
	summary report.Summary
	people  bool // a list of people says who has left
	sheets  []sheet.Sheet
	changes *comparison // nil: nothing is compared

	rows   int       // tokens so far
	hash   hash.Hash // of their canonical CSV
	states map[token.State]int
	places map[report.LocationCount]int // by place and state
	months map[string]int               // bindings opened, by month
	found  map[report.ExceptionKind]int
}

func newDocument(r Reader, e Export) (*document, error) {
	s, err := r.Summary()
	if err != nil {
		return nil, fmt.Errorf("export, reading the summary: %w", err)
	}
	d := emptyDocument()
	d.reader, d.e, d.summary = e.shown(r), e, s
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
	dictionary := sheet.Sheet{Name: dictionarySheet, Heads: sheet.Heads(dictionaryColumns)} // it explains itself too
	all := explain(append(slices.Clip(d.sheets), dictionary))
	dictionary = sheet.New(dictionarySheet, "dictionary", "What each column means", dictionaryColumns, report.Rows(all))
	dictionary.Whole = true // it is read back from one sheet
	d.sheets = append(d.sheets, dictionary)
	return d, nil
}

func emptyDocument() *document {
	return &document{hash: sha256.New(), states: map[token.State]int{}, places: map[report.LocationCount]int{}, months: map[string]int{},
		found: map[report.ExceptionKind]int{}}
}

// plan lists the sheets. Their rows are read only when they are asked for.
func (d *document) plan(r Reader) []sheet.Sheet {
	sheets := []sheet.Sheet{d.inventory()}
	if d.changes != nil {
		sheets = append(sheets, d.changesSheet())
	}
	batches := func() ([]report.Batch, error) { return report.GatherVirtual(d.summary.Batches), nil }
	places := func() ([]report.Place, error) { return report.PlacesOf(d.counts()), nil }
	return append(sheets,
		sheet.New("Bindings", "bindings", "Bindings of these tokens, open and ended ones", bindingColumns, d.bindings),
		sheet.New("Batches", "batches", "All deliveries of the store", batchColumns, report.Later(batches)),
		sheet.New("Locations", "locations", "These tokens by place and state", placeColumns, report.Later(places)),
		sheet.New("Events", "trail", "The whole trail of the store", eventColumns, d.trail),
		sheet.New("Exceptions", "exceptions", "What is to be explained", exceptionColumns, d.exceptions(r)))
}

// anyPlan has all sheets that an export can have, without rows.
func anyPlan() []sheet.Sheet {
	d := emptyDocument()
	d.changes = &comparison{}
	return d.plan(nil)
}

func (d *document) changesSheet() sheet.Sheet {
	return sheet.New(changesSheet, "changes", "What differs from before", changeColumns, d.changes.rows)
}

// inventory is the sheet of the tokens, which are counted and hashed on the way.
func (d *document) inventory() sheet.Sheet {
	each := func(visit func(any, []sheet.Value) error) error {
		values := make([]sheet.Value, len(columns))
		line := sheet.AppendHeader(nil, sheet.Heads(columns))
		_, _ = d.hash.Write(line) // a hash never fails
		for t, err := range trail.Ahead(d.reader.Tokens(d.e.Filter)) {
			if err != nil {
				return fmt.Errorf("export, reading behind row %d: %w", d.rows, err)
			}
			for i := range columns {
				values[i] = columns[i].Of(&t)
			}
			line = sheet.AppendLine(line[:0], values)
			_, _ = d.hash.Write(line)
			d.rows++
			d.states[t.State]++
			at := report.LocationCount{State: t.State}
			if t.Location != nil {
				at.Location = *t.Location
			}
			d.places[at]++
			if err := visit(&t, values); err != nil {
				return fmt.Errorf("export, row %d, serial %s%s: %w", d.rows, t.Serial, inColumn(err), err)
			}
		}
		return d.agrees()
	}
	return sheet.Sheet{Name: inventorySheet, About: "One row a token", Array: "tokens", Heads: sheet.Heads(columns), Each: each}
}

// inColumn names the column that an error is about.
func inColumn(err error) string {
	var c sheet.ColumnError
	if !errors.As(err, &c) {
		return ""
	}
	return fmt.Sprintf(", column %q", columns[c.Column].Title)
}

// agrees compares an export of everything with the store's own count: a file
// that contradicts itself must not reach an auditor.
func (d *document) agrees() error {
	f := d.e.Filter
	f.AsOf = time.Time{}
	if f != (report.Filter{}) || d.rows == d.summary.Tokens {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the export has %d rows, the store counts %d tokens", d.rows, d.summary.Tokens).
		WithHint("%s shows more", fault.Do("audit verify"))
}

// counts are the tokens by place and state, in an order that is always the same.
func (d *document) counts() (all []report.LocationCount) {
	for at, n := range d.places {
		at.Tokens = n
		all = append(all, at)
	}
	states := token.States()
	slices.SortFunc(all, func(a, b report.LocationCount) int {
		return cmp.Or(cmp.Compare(a.Location, b.Location), slices.Index(states, a.State)-slices.Index(states, b.State))
	})
	return all
}

// sum is the hash of header and rows, in hex.
func (d *document) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }

// totals is what all that was written came to.
func (d *document) totals() Totals {
	t := Totals{Rows: d.rows, SHA256: d.sum(), Head: d.summary.Head}
	if d.changes != nil {
		t.Changes = d.changes.changed()
	}
	return t
}

func (d *document) trail(yield func(report.Event, error) bool) {
	report.Log(d.reader, report.EventFilter{})(yield)
}

func (d *document) bindings(yield func(report.Binding, error) bool) {
	report.Mapped(d.reader.Bindings(d.e.Filter), func(b report.Binding) (report.Binding, bool, error) {
		d.months[b.OpenedAt.UTC().Format("2006-01")]++
		return b, true, nil
	})(yield)
}

// exceptions are found among the names as they are: who approved for themselves
// could not be told of pseudonyms.
func (d *document) exceptions(r Reader) iter.Seq2[report.Exception, error] {
	f := report.ExceptionFilter{Now: d.e.Made, Tokens: d.e.Filter}
	if at := d.summary.AsOf; !at.IsZero() {
		f.Now = at // the past has no leavers to give
	}
	return func(yield func(report.Exception, error) bool) {
		report.Mapped(report.Exceptions(r, f), func(x report.Exception) (report.Exception, bool, error) {
			d.found[x.Kind] += x.Count
			return d.e.exception(x), true, nil
		})(yield)
	}
}

// monthsInOrder are the months in which tokens were bound, those without a binding
// between them as well, the newest last.
func (d *document) monthsInOrder() (all []string) {
	named := slices.Sorted(maps.Keys(d.months))
	if len(named) == 0 {
		return nil
	}
	month, _ := time.Parse("2006-01", named[0]) // as bindings wrote it
	for ; month.Format("2006-01") <= named[len(named)-1]; month = month.AddDate(0, 1, 0) {
		all = append(all, month.Format("2006-01"))
	}
	return all
}

// Dictionary explains every column of every sheet, without a store.
func Dictionary() []Explained { return explain(anyPlan()) }

// ArrayOf is the name in JSON of the rows of a sheet.
func ArrayOf(name string) string {
	for _, s := range anyPlan() {
		if s.Name == name {
			return s.Array
		}
	}
	return ""
}
