package otp

import "fob/internal/token"

// maxApart bounds, in steps, how far apart two codes are still called not
// consecutive: a code matches somewhere in ±2 h by chance once in 2,000 times,
// somewhere within 20 steps of the other once in 25,000.
const maxApart = 20

// explain finds out why nothing in the window was accepted. For one code it
// says little: a single code is too easily matched by chance.
func (s *search) explain() (refusal, error) {
	if err := s.coverPairs(s.past(), s.win.hi); err != nil {
		return refusal{}, err
	}
	if !s.pair() {
		if used := s.alreadyUsed(); used.reason != "" {
			return used, nil
		}
		return wrongCode(s.Params.Type), nil
	}
	return s.explainPair()
}

// explainPair asks for one cause after the other. What was found in the window
// itself comes first, then what needs more codes to be computed.
func (s *search) explainPair() (refusal, error) {
	for _, cause := range []func() refusal{s.alreadyUsed, s.wrongOrder, s.notConsecutive} {
		if r := cause(); r.reason != "" {
			return r, nil
		}
	}
	for _, cause := range []func() (refusal, error){s.outOfWindow, s.wrongParameters} {
		if r, err := cause(); err != nil || r.reason != "" {
			return r, err
		}
	}
	return wrongPair(), nil
}

// past is where explaining begins: an HOTP window starts above the watermark,
// so to recognise used codes some of those below are looked at, as many as one
// code or two are looked ahead for.
func (s *search) past() int64 {
	if s.Params.Type != token.HOTP || !s.Watermark.Known {
		return s.win.lo
	}
	back := int64(oneCodeAhead)
	if s.pair() {
		back = twoCodeAhead
	}
	return max(0, s.win.lo-back)
}

// alreadyUsed: nothing unused was found, so what is found is used.
func (s *search) alreadyUsed() refusal {
	m, ok := nearest(s.found(s.past(), s.win.hi), s.win.centre)
	if !ok {
		return refusal{}
	}
	return alreadyUsed(s.Attempt, m)
}

func (s *search) wrongOrder() refusal {
	if len(s.scan.pairs(secondCode, firstCode, []int64{1}, s.past(), s.win.hi)) == 0 {
		return refusal{}
	}
	return wrongOrder()
}

func (s *search) notConsecutive() refusal {
	apart := int64(0)
	for _, a := range s.scan.singles(firstCode, s.past(), s.win.hi) {
		for _, b := range s.scan.singles(secondCode, s.past(), s.win.hi) {
			steps := b.first - a.first
			near := steps != 0 && distance(steps, 0) <= maxApart
			if near && (apart == 0 || distance(steps, 0) < distance(apart, 0)) {
				apart = steps
			}
		}
	}
	if apart == 0 {
		return refusal{}
	}
	return notConsecutive(s.Params, apart)
}

// outOfWindow looks as far as a deep search would. A used pair out there is an
// old one, and a deep search would not accept it either.
func (s *search) outOfWindow() (refusal, error) {
	wide := widest(s.Attempt)
	if wide.size() <= s.win.size() {
		return refusal{}, nil
	}
	if err := s.coverPairs(wide.lo, wide.hi); err != nil {
		return refusal{}, err
	}
	all := s.found(wide.lo, wide.hi)
	if m, ok := nearest(s.unused(all), wide.centre); ok {
		return s.tooFar(m), nil
	}
	if m, ok := nearest(all, wide.centre); ok {
		return alreadyUsed(s.Attempt, m), nil
	}
	return refusal{}, nil
}

func (s *search) tooFar(m match) refusal {
	if s.Params.Type == token.HOTP {
		return counterAhead(m.first-s.expected(), s.win.hi-s.win.lo)
	}
	reach := (s.win.hi - s.win.centre) * int64(s.Params.Period)
	return clockOff(ObservedDrift(s.Params, m.last, s.last().At), s.Params.Period, reach)
}
