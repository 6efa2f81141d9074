package past

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// survey is what one walk over a past store finds, for questions that would each
// walk over all of it: the walk takes as long as an export of the present does.
type survey struct {
	states map[int]map[token.State]int // by the number of the batch
	clocks map[report.ClockGroup]int   // tokens that had a clock; Tokens is 0
	seen   []trail.PastToken           // of which the clock was measured, in the order of their ids
	marks  bool                        // whether any leaked or was stolen
	locks  bool                        // whether any had failed attempts, without which none is locked
	ends   time.Time                   // when the first of them expired; zero: none does
}

// survey walks once.
func (p *past) survey() (*survey, error) {
	if p.found != nil {
		return p.found, nil
	}
	s := &survey{states: map[int]map[token.State]int{}, clocks: map[report.ClockGroup]int{}}
	for c, err := range trail.Ahead(p.columns(report.Filter{})) {
		if err != nil {
			return nil, err
		}
		t, ok, err := p.past.Token(c)
		if err != nil {
			return nil, err
		}
		if ok {
			s.add(t)
		}
	}
	slices.SortFunc(s.seen, func(a, b trail.PastToken) int { return cmp.Compare(a.ID, b.ID) })
	p.found = s
	return s, nil
}

func (s *survey) add(t trail.PastToken) {
	states := s.states[t.BatchNumber]
	if states == nil {
		states = map[token.State]int{}
		s.states[t.BatchNumber] = states
	}
	states[t.State]++
	if t.Period > 0 {
		s.clocks[report.ClockGroup{Batch: t.BatchNumber, Manufacturer: t.Manufacturer, Model: t.Model}]++
		if len(t.Observed) > 0 {
			s.seen = append(s.seen, t)
		}
	}
	s.marks = s.marks || t.Marks.Any()
	s.locks = s.locks || t.Failures > 0 || !t.LockedUntil.IsZero()
	if !t.NotAfter.IsZero() && (s.ends.IsZero() || t.NotAfter.Before(s.ends)) {
		s.ends = t.NotAfter
	}
}

// hasNone tells, of a filter by locks, marks or expiry, whether it is known without a walk
// that nothing is selected.
func (p *past) hasNone(f report.Filter) (bool, error) {
	if f.LockedAt.IsZero() && f.ExpiringBy.IsZero() && !f.Marked {
		return false, nil
	}
	s, err := p.survey()
	if err != nil {
		return false, err
	}
	return f.Marked && !s.marks || !f.LockedAt.IsZero() && !s.locks || !f.ExpiringBy.IsZero() && !s.expires(f.ExpiringBy), nil
}

func (s *survey) expires(by time.Time) bool { return !s.ends.IsZero() && !s.ends.After(by) }

// ClockGroups counts the tokens that had a clock.
func (p *past) ClockGroups(f report.DriftFilter) (all []report.ClockGroup, err error) {
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
func (p *past) Clocks(f report.DriftFilter) iter.Seq2[report.ClockRecord, error] {
	return report.Later(func() (all []report.ClockRecord, err error) {
		found, err := p.survey()
		if err != nil {
			return nil, err
		}
		for _, t := range found.seen {
			if f.Selects(t.BatchNumber, t.Model) {
				all = append(all, report.ClockRecord{Serial: t.Serial, State: t.State, Batch: t.BatchNumber, Manufacturer: t.Manufacturer, Model: t.Model,
					Period: t.Period, Observations: t.Observed})
			}
		}
		return all, nil
	})
}
