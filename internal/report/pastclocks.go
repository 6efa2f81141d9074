package report

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"fob/internal/audit"
	"fob/internal/token"
)

// selects tells whether a clock is among those that the filter selects.
func (f DriftFilter) selects(t audit.PastToken) bool {
	return t.Period > 0 && (f.Batch == 0 || f.Batch == t.BatchNumber) && (f.Model == "" || strings.EqualFold(f.Model, t.Model))
}

// eachClock visits the tokens that had a clock.
func (p *past) eachClock(f DriftFilter, visit func(audit.PastToken)) error {
	for c, err := range p.columns(Filter{Batch: f.Batch}) {
		if err != nil {
			return err
		}
		if t, ok := p.past.Token(c); ok && f.selects(t) {
			visit(t)
		}
	}
	return nil
}

// ClockGroups counts the tokens that had a clock.
func (p *past) ClockGroups(f DriftFilter) ([]ClockGroup, error) {
	counts := map[ClockGroup]int{}
	err := p.eachClock(f, func(t audit.PastToken) { counts[ClockGroup{t.BatchNumber, t.Manufacturer, t.Model, 0}]++ })
	var all []ClockGroup
	for g, n := range counts {
		g.Tokens = n
		all = append(all, g)
	}
	return all, err
}

// Clocks streams what had been measured of clocks by then.
func (p *past) Clocks(f DriftFilter) iter.Seq2[ClockRecord, error] {
	return func(yield func(ClockRecord, error) bool) {
		var seen []audit.PastToken
		err := p.eachClock(f, func(t audit.PastToken) {
			if len(t.Observed) > 0 {
				seen = append(seen, t)
			}
		})
		if err != nil {
			yield(ClockRecord{}, err)
			return
		}
		slices.SortFunc(seen, func(a, b audit.PastToken) int { return cmp.Compare(a.ID, b.ID) })
		for _, t := range seen {
			rec := ClockRecord{Serial: t.Serial, State: t.State, Batch: t.BatchNumber, Manufacturer: t.Manufacturer, Model: t.Model, Period: t.Period}
			for _, o := range t.Observed {
				rec.Observations = append(rec.Observations, token.Observation{At: fromNanos(o.At), Drift: o.Drift})
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}
