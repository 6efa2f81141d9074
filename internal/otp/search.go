package otp

import (
	"math"

	"fob/internal/token"
)

// Gaps between the two codes of a pair.
const (
	// maxGap: who needs more than three steps between two codes was interrupted
	// and does better to begin anew.
	maxGap = 3
	// typingDelay in seconds is the longest that people take between reading a
	// code and having typed it; the gap that the entries' times imply is as
	// uncertain as that, both ways.
	typingDelay = 25.0
)

// search is one attempt under way.
type search struct {
	Attempt
	scan scan
	win  window
	gaps []int64 // how many steps the second code may lie behind the first
}

func newSearch(a Attempt, gen coder) *search {
	s := &search{Attempt: a, scan: scan{gen: gen}, win: usual(a), gaps: pairGaps(a)}
	for _, e := range a.Entries {
		s.scan.codes = append(s.scan.codes, e.Code)
	}
	return s
}

// answer accepts, or explains.
func (s *search) answer() (Result, error) {
	m, ok, err := s.match()
	if err != nil {
		return Result{}, err
	}
	if ok {
		return s.accept(m), nil
	}
	why, err := s.explain()
	why.StepsSearched = s.win.size()
	return why, err
}

// match compares the whole window before anything is decided, and picks the match
// that counts.
func (s *search) match() (m match, ok bool, err error) {
	if err := s.coverPairs(s.win.lo, s.win.hi); err != nil {
		return m, false, err
	}
	m, ok = nearest(s.unused(s.found(s.win.lo, s.win.hi)), s.win.centre)
	return m, ok, nil
}

// coverPairs compares the steps from lo to hi and, for the second code of a
// pair, the few behind them.
func (s *search) coverPairs(lo, hi int64) error {
	if lo > hi {
		return nil
	}
	if s.pair() {
		hi = further(hi, s.gaps[len(s.gaps)-1])
	}
	return s.scan.cover(lo, hi)
}

// found are the matches, used or not, whose first step lies from lo to hi.
func (s *search) found(lo, hi int64) []match {
	if s.pair() {
		return s.scan.pairs(firstCode, secondCode, s.gaps, lo, hi)
	}
	return s.scan.singles(firstCode, lo, hi)
}

// unused drops the matches that the watermark covers. A pair whose first code
// is used up goes too: it would prove no more than one code does.
func (s *search) unused(found []match) []match {
	var left []match
	for _, m := range found {
		if !s.Watermark.Covers(m.first) {
			left = append(left, m)
		}
	}
	return left
}

func (s *search) accept(m match) Result {
	r := Result{Accepted: true, First: m.first, Last: m.last, StepsSearched: s.win.size()}
	if s.Params.Type == token.HOTP {
		r.Offset = m.first - s.expected()
		return r
	}
	r.Offset = m.first - StepAt(s.Params, s.Entries[0].At, 0)
	r.Drift = ObservedDrift(s.Params, m.last, s.last().At)
	return r
}

// pairGaps lists, ascending, how many steps may lie between two codes: one, and
// in a conversation also what the time between the entries implies.
func pairGaps(a Attempt) []int64 {
	gaps := []int64{1}
	if !a.pair() || !a.Paced || a.Params.Type == token.HOTP {
		return gaps
	}
	passed := a.Entries[1].At.Sub(a.Entries[0].At).Seconds()
	if passed <= 0 {
		return gaps
	}
	period := float64(a.Params.Period)
	least := math.Floor((passed - typingDelay) / period)
	most := math.Ceil((passed + typingDelay) / period)
	for gap := int64(2); gap <= maxGap; gap++ {
		if float64(gap) >= least && float64(gap) <= most {
			gaps = append(gaps, gap)
		}
	}
	return gaps
}
