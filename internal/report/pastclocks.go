package report

import (
	"iter"
	"strings"

	"fob/internal/token"
)

// Selects reports whether clocks of a kind are among those that the filter selects.
func (f DriftFilter) Selects(batch int, model string) bool {
	return (f.Batch == 0 || f.Batch == batch) && (f.Model == "" || strings.EqualFold(f.Model, model))
}

// ClockGroups counts the tokens that had a clock.
func (p *past) ClockGroups(f DriftFilter) (all []ClockGroup, err error) {
	found, err := p.survey()
	if err != nil {
		return nil, err
	}
	for g, n := range found.clocks {
		if g.Tokens = n; f.Selects(g.Batch, g.Model) {
			all = append(all, g)
		}
	}
	return all, nil
}

// Clocks streams what had been measured of clocks by then.
func (p *past) Clocks(f DriftFilter) iter.Seq2[ClockRecord, error] {
	return func(yield func(ClockRecord, error) bool) {
		found, err := p.survey()
		if err != nil {
			yield(ClockRecord{}, err)
			return
		}
		for _, t := range found.seen {
			if !f.Selects(t.BatchNumber, t.Model) {
				continue
			}
			rec := ClockRecord{Serial: t.Serial, State: t.State, Batch: t.BatchNumber, Manufacturer: t.Manufacturer, Model: t.Model, Period: t.Period}
			for _, o := range t.Observed {
				rec.Observations = append(rec.Observations, token.Observation{At: o.At, Drift: o.Drift})
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}
