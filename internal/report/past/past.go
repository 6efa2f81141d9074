// Package past reads a store as it was at an instant, as its trail tells it. What comes
// out is a report.Reader, so that every report and export can be asked of the past.
package past

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// past reads a store as it was at an instant. Everything that a report.Reader gives is
// told from the trail, but for what never changed of a token.
type past struct {
	now     report.Reader
	past    *trail.Past
	lock    token.Lock // as the policy had it
	store   string
	removed []token.Facts         // in the order of serials
	batches map[int]*report.Batch // by number
	found   *survey               // nil: nobody looked yet
}

var _ report.Reader = (*past)(nil)

// AsOf returns the store as it was at an instant, as its trail tells it; trail.Past
// says which events count. An instant before the store is an error of kind Usage.
func AsOf(r report.Reader, at time.Time) (report.Reader, error) {
	then, err := trail.Replay(r.Events(report.EventFilter{}), r.FormerRows(), at)
	if err != nil {
		return nil, err
	}
	id, err := r.StoreID()
	if err != nil {
		return nil, err
	}
	policy, err := token.ParsePolicy(then.Policy())
	if err != nil {
		return nil, err
	}
	p := &past{now: r, past: then, lock: policy.Lock, store: id, removed: slices.Clone(then.Removed())}
	slices.SortFunc(p.removed, bySerial)
	p.batches = map[int]*report.Batch{}
	for _, row := range then.Batches() {
		p.batches[row.Number] = new(batchOf(row))
	}
	return p, nil
}

func bySerial(a, b token.Facts) int { return strings.Compare(a.Serial.Key(), b.Serial.Key()) }

func byID(a, b token.Facts) int { return cmp.Compare(a.ID, b.ID) }

// Tokens streams the tokens that were there and that the filter selects by what
// they were.
func (p *past) Tokens(f report.Filter) iter.Seq2[report.Token, error] {
	return func(yield func(report.Token, error) bool) {
		if nothing, err := p.hasNone(f); nothing || err != nil {
			if err != nil {
				yield(report.Token{}, err)
			}
			return
		}
		begun, n := f.After == "", 0
		for then, err := range p.there(f) {
			if err != nil {
				yield(report.Token{}, err)
				return
			}
			if !begun {
				begun = then.Serial.Key() == f.After.Key() || f.Batch == 0 && then.Serial.Key() > f.After.Key()
				if then.Serial.Key() == f.After.Key() || !begun {
					continue
				}
			}
			t := p.token(then)
			if !f.Selects(&t) {
				continue
			}
			if n++; !yield(t, nil) || n == f.Limit {
				return
			}
		}
		if !begun && f.Batch != 0 {
			yield(report.Token{}, fault.Errorf(fault.NotFound, "no token %s in batch %d then", f.After, f.Batch))
		}
	}
}

// there are the tokens that were there then, of those that batch and prefix of a filter
// select.
func (p *past) there(f report.Filter) iter.Seq2[trail.PastToken, error] {
	return report.Mapped(p.columns(f), p.past.Token)
}

// columns merges the tokens that are there with those that went since.
func (p *past) columns(f report.Filter) iter.Seq2[token.Facts, error] {
	removed, order := p.removed, bySerial
	if f.Batch != 0 && f.Prefix == "" {
		removed, order = slices.SortedFunc(slices.Values(removed), byID), byID
	}
	return func(yield func(token.Facts, error) bool) {
		for c, err := range p.now.Imported(f) {
			if err != nil {
				yield(c, err)
				return
			}
			for ; len(removed) > 0 && order(removed[0], c) < 0; removed = removed[1:] {
				if !yield(removed[0], nil) {
					return
				}
			}
			if !yield(c, nil) {
				return
			}
		}
		for _, c := range removed {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (p *past) token(then trail.PastToken) report.Token {
	t := fromPast(then, p.lock)
	t.Deliver(p.batches[then.BatchNumber])
	t.HandTo(then.Handed)
	if then.Open != nil {
		t.Bind(bindingOf(t.Serial, *then.Open))
	}
	return t
}

// Bindings streams the bindings that the selected tokens had.
func (p *past) Bindings(f report.Filter) iter.Seq2[report.Binding, error] {
	f.Limit, f.After = 0, ""
	return func(yield func(report.Binding, error) bool) {
		for c, err := range p.columns(f) {
			var bindings []trail.BindingRow
			var then trail.PastToken
			there := false
			if err == nil {
				bindings, err = p.past.Bindings(c.Serial)
			}
			if err == nil && len(bindings) > 0 {
				then, there, err = p.past.Token(c)
			}
			if err != nil {
				yield(report.Binding{}, err)
				return
			}
			if !there {
				continue
			}
			if t := p.token(then); !f.Selects(&t) {
				continue
			}
			for _, b := range bindings {
				if !yield(bindingOf(then.Serial, b), nil) {
					return
				}
			}
		}
	}
}

func bindingOf(serial token.Serial, b trail.BindingRow) report.Binding {
	return report.Binding{Serial: serial, Account: b.Account, OpenedAt: b.Opened, ClosedAt: report.When(b.Closed),
		By: b.By.Name, Approver: report.NonZero(b.Approver), Proof: b.Proof, Codes: b.Codes, Ticket: b.Ticket, ID: b.UUID}
}

func fromPast(p trail.PastToken, lock token.Lock) report.Token {
	var last *token.Observation
	if n := len(p.Observed); n > 0 {
		last = &p.Observed[n-1]
	}
	r := report.FromToken(p.Token, last, lock)
	if p.HasSeed() {
		r.SeedKey = &p.SeedKey
	}
	return r
}

// Locations are the places that are known today: they keep their spelling.
func (p *past) Locations() ([]string, error) { return p.now.Locations() }

// LocationCounts counts the tokens that were there.
func (p *past) LocationCounts(f report.Filter) ([]report.LocationCount, error) {
	counts := map[report.LocationCount]int{}
	for t, err := range p.Tokens(f) {
		if err != nil {
			return nil, err
		}
		c := report.LocationCount{State: t.State}
		if t.Location != nil {
			c.Location = *t.Location
		}
		counts[c]++
	}
	all := make([]report.LocationCount, 0, len(counts))
	for c, n := range counts {
		c.Tokens = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b report.LocationCount) int {
		return cmp.Or(strings.Compare(a.Location, b.Location), strings.Compare(string(a.State), string(b.State)))
	})
	return all, nil
}

// Find reads one token as it was.
func (p *past) Find(serial token.Serial) (report.Token, error) {
	for t, err := range p.Tokens(report.Filter{Prefix: serial}) {
		if err != nil || t.Serial.Key() == serial.Key() {
			return t, err
		}
	}
	return report.Token{}, fault.Errorf(fault.NotFound, "no token %s then", serial)
}

// BatchFiles returns the batches that were there.
func (p *past) BatchFiles() ([]report.Batch, error) {
	all := []report.Batch{}
	for _, row := range p.past.Batches() {
		all = append(all, batchOf(row))
	}
	return all, nil
}

func batchOf(row trail.BatchRow) report.Batch {
	b := report.Batch{
		Number: row.Number, ID: row.UUID, File: row.File, SHA256: row.SHA256, Format: row.Format, Order: row.Order, Supplier: row.Supplier,
		Location: row.Location, ImportedAt: row.At, ImportedBy: row.By.Name, Records: row.Records, New: row.New,
		Unchanged: row.Unchanged, Refused: row.Refused, QuarantinedAt: report.When(row.Quarantined), WithdrawnAt: report.When(row.Withdrawn),
		States: map[token.State]int{}, Received: report.NonZero(row.Received),
	}
	if row.Expected != 0 {
		b.Expected = &row.Expected
	}
	return b
}

// Batches returns them with the states that their tokens were in.
func (p *past) Batches() ([]report.Batch, error) {
	all, err := p.BatchFiles()
	if err != nil {
		return nil, err
	}
	found, err := p.survey()
	if err != nil {
		return nil, err
	}
	for i := range all {
		maps.Copy(all[i].States, found.states[all[i].Number])
	}
	return all, nil
}

// Batch reads one batch by its number.
func (p *past) Batch(number int) (report.Batch, error) {
	all, err := p.Batches()
	if err != nil {
		return report.Batch{}, err
	}
	for _, b := range all {
		if b.Number == number {
			return b, nil
		}
	}
	return report.Batch{}, fault.Errorf(fault.NotFound, "no batch %d then", number)
}

// Summary is what heads an export: the head is that of the trail as it was.
func (p *past) Summary() (s report.Summary, err error) {
	s = report.Summary{StoreID: p.store, AsOf: p.past.At, States: map[token.State]int{}, Head: p.past.Head}
	if s.Batches, err = p.Batches(); err != nil {
		return s, err
	}
	for _, b := range s.Batches {
		for state, n := range b.States {
			s.States[state] += n
			s.Tokens += n
		}
	}
	return s, nil
}

func (p *past) StoreID() (string, error) { return p.store, nil }

func (p *past) Policy() (map[string]string, error) { return p.past.Policy(), nil }

func (p *past) Head() (trail.Head, error) { return p.past.Head, nil }

// Events streams the trail as far as it went then.
func (p *past) Events(f report.EventFilter) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		for stored, err := range p.now.Events(report.EventFilter{}) {
			if err == nil && stored.Seq > p.past.Head.Seq {
				return
			}
			if err == nil && f.Limit > 0 && stored.Seq <= p.past.Head.Seq-int64(f.Limit) {
				continue
			}
			if !yield(stored, err) || err != nil {
				return
			}
		}
	}
}

// Imported returns the columns of the tokens that were there.
func (p *past) Imported(f report.Filter) iter.Seq2[token.Facts, error] {
	return report.Mapped(p.there(f), func(t trail.PastToken) (token.Facts, bool, error) { return t.Facts, true, nil })
}

// Scanned is for counting what lies there now.
func (p *past) Scanned([]string) ([]report.Shelved, error) { return nil, noPast("scans") }

// ShelvedAt is as well.
func (p *past) ShelvedAt(string) iter.Seq2[report.Shelved, error] {
	return func(yield func(report.Shelved, error) bool) { yield(report.Shelved{}, noPast("scans")) }
}

func noPast(what string) error { return fmt.Errorf("of %s no past is told", what) }

// Leavers returns nothing: the trail commits to lists of people without telling who
// was on them.
func (p *past) Leavers(report.LeaverFilter) iter.Seq2[report.Leaver, error] {
	return func(func(report.Leaver, error) bool) {}
}

// NewestList returns nothing, for the same reason.
func (p *past) NewestList() (*report.PeopleList, error) { return nil, nil }

// Accounts are those of today.
func (p *past) Accounts(f report.AccountFilter) iter.Seq2[report.Account, error] {
	return p.now.Accounts(f)
}

// Account is that of today.
func (p *past) Account(a token.Account) (report.AccountDetail, error) { return p.now.Account(a) }

// FormerRows are those of today.
func (p *past) FormerRows() iter.Seq2[trail.FormerRow, error] { return p.now.FormerRows() }

// Tasks gives none: what is open is asked of today.
func (p *past) Tasks(string) ([]trail.Task, error) { return nil, nil }

// TasksOf is one too.
func (p *past) TasksOf(int64) ([]trail.Task, error) { return nil, nil }

// HandedTo is a question about now.
func (p *past) HandedTo(int64) ([]string, error) { return nil, nil }

// AtVerifiers is a question about now.
func (p *past) AtVerifiers(int64) ([]token.AtVerifier, error) { return nil, nil }
