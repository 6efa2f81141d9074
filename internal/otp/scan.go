package otp

import (
	"crypto/subtle"

	"fob/internal/token"
)

// Which of an attempt's codes is meant.
const (
	firstCode  = 0
	secondCode = 1
)

// match is where codes were found: the step of the earlier and of the later
// one, the same for a single code.
type match struct{ first, last int64 }

// coder computes the code of a step.
type coder interface {
	code(step int64) (string, error)
}

// scan knows at which steps the codes of one attempt match. Each step's code is
// computed once and compared, in constant time, with every code given, however
// many have matched before.
type scan struct {
	gen   coder
	codes []string
	lo    int64     // step of hits[0]
	hits  [][2]byte // 1 where the first, the second code matches
}

// size is how many steps were compared.
func (s *scan) size() int64 { return int64(len(s.hits)) }

// cover extends the scan to the steps from lo to hi, both included, and what
// lies between them and what was compared before.
func (s *scan) cover(lo, hi int64) error {
	if s.size() > 0 {
		lo, hi = min(lo, s.lo), max(hi, s.lo+s.size()-1)
	}
	if hi < lo {
		return nil
	}
	old := *s
	s.lo, s.hits = lo, make([][2]byte, hi-lo+1)
	for n := range s.size() { // not up to hi, behind which there may be no step
		step := lo + n
		if step >= old.lo && step-old.lo < old.size() {
			s.hits[n] = old.hits[step-old.lo]
			continue
		}
		if err := s.compare(step); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) compare(step int64) error {
	code, err := s.gen.code(step)
	if err != nil {
		return err
	}
	for i, given := range s.codes {
		s.hits[step-s.lo][i] = byte(subtle.ConstantTimeCompare([]byte(code), []byte(given)))
	}
	return nil
}

// hit reports whether a code matches at a step: 1, or 0, also for steps that were
// not covered.
func (s *scan) hit(which int, step int64) byte {
	if step < s.lo || step-s.lo >= s.size() {
		return 0
	}
	return s.hits[step-s.lo][which]
}

// singles are the steps from lo to hi at which one code matches.
func (s *scan) singles(which int, lo, hi int64) []match {
	var found []match
	for n := range hi - lo + 1 {
		if step := lo + n; s.hit(which, step) == 1 {
			found = append(found, match{step, step})
		}
	}
	return found
}

// pairs are the steps from lo to hi at which one code matches while the other
// matches one of the gaps later. Both are looked at together at every step: to
// take the first match of one and then look for the other would trip over
// chance.
func (s *scan) pairs(earlier, later int, gaps []int64, lo, hi int64) []match {
	var found []match
	for n := range hi - lo + 1 {
		step := lo + n
		for _, gap := range gaps {
			if step <= token.MaxCounter-gap && s.hit(earlier, step)&s.hit(later, step+gap) == 1 {
				found = append(found, match{step, step + gap})
			}
		}
	}
	return found
}

// nearest picks the match nearest to the centre, on a tie the later. Matches
// come in ascending order.
func nearest(found []match, centre int64) (match, bool) {
	if len(found) == 0 {
		return match{}, false
	}
	best := found[0]
	for _, m := range found[1:] {
		if distance(m.first, centre) <= distance(best.first, centre) {
			best = m
		}
	}
	return best, true
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
