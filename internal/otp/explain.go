package otp

import (
	"slices"

	"fob/internal/token"
)

// maxApart bounds, in steps, how far apart two codes are still called not
// consecutive: a code matches somewhere in ±2 h by chance once in 2,000 times,
// somewhere within 20 steps of the other once in 25,000.
const maxApart = 20

// explain finds out why nothing in the window was accepted. For one code it
// says little: a single code is too easily matched by chance. Of a pair, what was
// found in the window itself comes first, then what needs more codes computed.
func (s *search) explain() (Result, error) {
	past := s.past()
	if err := s.coverPairs(past, s.win.hi); err != nil {
		return Result{}, err
	}
	used := s.found(past, s.win.hi) // nothing unused was found before
	if m, ok := nearest(used, s.win.centre); ok {
		r := alreadyUsed(s.Attempt, m)
		r.Repeated = slices.ContainsFunc(used, func(m match) bool { return m.last == s.Watermark.Step })
		return r, nil
	}
	if !s.pair() {
		return wrongCode(s.Params.Type), nil
	}
	if len(s.scan.pairs(secondCode, firstCode, []int64{1}, past, s.win.hi)) > 0 {
		return refused(WrongOrder, "these codes are in the wrong order: the second was shown before the first", "give them in the order in which the token showed them, or "+freshPair), nil
	}
	if apart := s.apart(past); apart != 0 {
		return notConsecutive(s.Params, apart), nil
	}
	if r, err := s.outOfWindow(); err != nil || r.Reason != "" {
		return r, err
	}
	if r, err := s.wrongParameters(); err != nil || r.Reason != "" {
		return r, err
	}
	return refused(WrongCode, "the two codes do not match this token", "compare the serial on the back; if it is right, "+freshPair), nil
}

// past is where explaining begins: an HOTP window starts above the watermark,
// so to recognise used codes some of those below are looked at, as many as one
// code or two are looked ahead for.
func (s *search) past() int64 {
	if s.Params.Type != token.HOTP || !s.Watermark.Known {
		return s.win.lo
	}
	back := int64(OneCodeAhead)
	if s.pair() {
		back = TwoCodeAhead
	}
	return max(0, s.win.lo-back)
}

// apart is how many steps the second code lies behind the first, the least of
// several; 0 if they are not both found, or not near each other.
func (s *search) apart(past int64) (apart int64) {
	for _, a := range s.scan.singles(firstCode, past, s.win.hi) {
		for _, b := range s.scan.singles(secondCode, past, s.win.hi) {
			steps := b.first - a.first
			near := steps != 0 && distance(steps, 0) <= maxApart
			if near && (apart == 0 || distance(steps, 0) < distance(apart, 0)) {
				apart = steps
			}
		}
	}
	return apart
}

// outOfWindow looks as far as a deep search would, and behind a deep search further
// still: a clock three days off must not read like another token. A used pair out there is an
// old one, and a deep search would not accept it either.
func (s *search) outOfWindow() (r Result, err error) {
	wide := widest(s.Attempt)
	beyond := s.Deep && s.Params.Type == token.TOTP
	if beyond {
		wide = tellable(s.Attempt)
	}
	if wide.size() <= s.win.size() {
		return r, nil
	}
	if err := s.coverPairs(wide.lo, wide.hi); err != nil {
		return r, err
	}
	all := s.found(wide.lo, wide.hi)
	if m, ok := nearest(s.unused(all), wide.centre); ok {
		if s.Params.Type == token.HOTP {
			return counterAhead(m.first-s.expected(), s.win.hi-s.win.lo), nil
		}
		if beyond {
			return brokenClock(ObservedDrift(s.Params, m.last, s.last().At)), nil
		}
		reach := (s.win.hi - s.win.centre) * int64(s.Params.Period)
		return clockOff(ObservedDrift(s.Params, m.last, s.last().At), s.Params.Period, reach), nil
	}
	if m, ok := nearest(all, wide.centre); ok {
		return alreadyUsed(s.Attempt, m), nil
	}
	return r, nil
}

// What other parameters are tried on a pair that fits nowhere: the periods and
// the T0s that tokens are made with. Digits are not among them: the codes have the
// length that the record says, or OtherDigits looks at them.
var (
	knownPeriods = []int{30, 60}
	knownHashes  = []token.Hash{token.SHA1, token.SHA256, token.SHA512}
	knownT0s     = []int64{0, 946_684_800} // 1970, and 2000-01-01T00:00:00Z
)

// otherCounters is how many counters are tried with other parameters.
const otherCounters = 100

// wrongParameters finds parameters with which the pair fits the token's seed. An
// HOTP record may also begin too high; once a code was accepted, its counter is
// proven.
func (s *search) wrongParameters() (Result, error) {
	for _, p := range others(s.Params) {
		if fits, err := s.fits(p, s.Counter); err != nil || fits {
			return otherParameters(s.Params, p), err
		}
	}
	if s.Params.Type != token.HOTP || s.Counter == 0 || s.Watermark.Known {
		return Result{}, nil
	}
	fits, err := s.fits(s.Params, 0)
	if err != nil || !fits {
		return Result{}, err
	}
	return counterTooHigh(s.Counter), nil
}

// fits reports whether the pair is what the seed makes with parameters p, within
// ±2 h or the first 100 counters.
func (s *search) fits(p token.Params, counter int64) (bool, error) {
	gen, err := newGenerator(p, s.Seed)
	if err != nil {
		return false, err
	}
	a := s.Attempt
	a.Params, a.Counter = p, counter
	a.Watermark = token.Mark{} // steps of other parameters do not compare with ours
	a.Prediction.HalfWidth = 0
	try := newSearch(a, gen)
	if p.Type == token.HOTP {
		try.win = ahead(counter, otherCounters-1)
	} else {
		try.win = around(a.centre(), twoCodeReach(p.Period, TwoCodeSeconds))
	}
	if err := try.coverPairs(try.win.lo, try.win.hi); err != nil {
		return false, err
	}
	return len(try.found(try.win.lo, try.win.hi)) > 0, nil
}

// OtherDigits finds out whether two codes that are longer or shorter than the record
// says fit the token's seed all the same, with that many digits and perhaps other
// parameters. It is for codes that ParseCode refused for their length, and answers
// with Reason WrongParameters, or with no reason.
func OtherDigits(a Attempt, digits int) (Result, error) {
	own := a.Params
	if digits == own.Digits || !a.pair() || digits < token.MinDigits || digits > token.MaxDigits || a.Entries[0].Code == a.Entries[1].Code {
		return Result{}, nil
	}
	a.Params.Digits = digits
	gen, err := newGenerator(a.Params, a.Seed)
	if err != nil {
		return Result{}, err
	}
	s := newSearch(a, gen)
	for _, p := range append([]token.Params{a.Params}, others(a.Params)...) {
		if fits, err := s.fits(p, s.Counter); err != nil {
			return Result{}, err
		} else if fits {
			return otherParameters(own, p), nil
		}
	}
	return Result{}, nil
}

// others lists the parameters to try, likeliest first: another period, another
// hash, both, another T0, the other type. Further combinations are left out:
// each costs several hundred codes and nobody has met them.
func others(own token.Params) (list []token.Params) {
	list = sameType(own)
	other := token.Params{Type: token.HOTP, Hash: own.Hash, Digits: own.Digits}
	if own.Type == token.HOTP {
		other.Type, other.Period = token.TOTP, knownPeriods[0]
	} else {
		for _, t0 := range knownT0s {
			p := own
			p.T0 = t0
			list = append(list, p)
		}
	}
	list = append(list, sameType(other)...)
	return slices.DeleteFunc(list, func(p token.Params) bool { return p == own })
}

// sameType varies hash and, of TOTP tokens, period. With its own hash and its
// own period first, single differences tend to come before double ones.
func sameType(own token.Params) (list []token.Params) {
	periods := []int{own.Period}
	if own.Type == token.TOTP {
		periods = ownFirst(own.Period, knownPeriods)
	}
	for _, hash := range ownFirst(own.Hash, knownHashes) {
		for _, period := range periods {
			p := own
			p.Hash, p.Period = hash, period
			list = append(list, p)
		}
	}
	return list
}

// ownFirst is the list with one value moved, or put, to its front.
func ownFirst[T comparable](own T, known []T) []T {
	rest := slices.DeleteFunc(slices.Clone(known), func(v T) bool { return v == own })
	return append([]T{own}, rest...)
}
