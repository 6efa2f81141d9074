package otp

import (
	"slices"

	"fob/internal/token"
)

// What other parameters are tried on a pair that fits nowhere: the periods and
// the T0s that tokens are made with. (Digits cannot be wrong, the codes' length
// has shown them.)
var (
	knownPeriods = []int{30, 60}
	knownHashes  = []token.Hash{token.SHA1, token.SHA256, token.SHA512}
	knownT0s     = []int64{0, 946_684_800} // 1970, and 2000-01-01T00:00:00Z
)

// otherCounters is how many counters are tried where other parameters are.
const otherCounters = 100

// wrongParameters finds parameters with which the pair fits the token's seed.
func (s *search) wrongParameters() (refusal, error) {
	for _, p := range others(s.Params) {
		fits, err := s.fits(p, s.Counter)
		if err != nil {
			return refusal{}, err
		}
		if fits {
			return otherParameters(s.Params, p), nil
		}
	}
	return s.wrongCounter()
}

// wrongCounter finds a pair of an HOTP token whose record begins too high. Once
// a code was accepted the counter is proven, and lower ones are old.
func (s *search) wrongCounter() (refusal, error) {
	if s.Params.Type != token.HOTP || s.Counter == 0 || s.Watermark.Known {
		return refusal{}, nil
	}
	fits, err := s.fits(s.Params, 0)
	if err != nil || !fits {
		return refusal{}, err
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
	try.win = otherWindow(a)
	if err := try.coverPairs(try.win.lo, try.win.hi); err != nil {
		return false, err
	}
	return len(try.found(try.win.lo, try.win.hi)) > 0, nil
}

func otherWindow(a Attempt) window {
	if a.Params.Type == token.HOTP {
		return ahead(a.Counter, otherCounters-1)
	}
	return around(a.centre(), twoCodeReach(a.Params.Period, twoCodeSeconds))
}

// others lists the parameters to try, likeliest first: another period, another
// hash, both, another T0, the other type. Further combinations are left out:
// each costs several hundred codes and nobody has met them.
func others(own token.Params) []token.Params {
	var list []token.Params
	if own.Type == token.HOTP {
		list = slices.Concat(sameType(own), otherType(own))
	} else {
		list = slices.Concat(sameType(own), otherT0(own), otherType(own))
	}
	return slices.DeleteFunc(list, func(p token.Params) bool { return p == own })
}

// sameType varies hash and, of TOTP tokens, period. With its own hash and its
// own period first, single differences tend to come before double ones.
func sameType(own token.Params) []token.Params {
	periods := []int{own.Period}
	if own.Type == token.TOTP {
		periods = ownFirst(own.Period, knownPeriods)
	}
	var list []token.Params
	for _, hash := range ownFirst(own.Hash, knownHashes) {
		for _, period := range periods {
			p := own
			p.Hash, p.Period = hash, period
			list = append(list, p)
		}
	}
	return list
}

func otherT0(own token.Params) []token.Params {
	var list []token.Params
	for _, t0 := range knownT0s {
		p := own
		p.T0 = t0
		list = append(list, p)
	}
	return list
}

func otherType(own token.Params) []token.Params {
	if own.Type == token.TOTP {
		return sameType(token.Params{Type: token.HOTP, Hash: own.Hash, Digits: own.Digits})
	}
	return sameType(token.Params{Type: token.TOTP, Hash: own.Hash, Digits: own.Digits, Period: knownPeriods[0]})
}

// ownFirst is the list with one value moved, or put, to its front.
func ownFirst[T comparable](own T, known []T) []T {
	rest := slices.DeleteFunc(slices.Clone(known), func(v T) bool { return v == own })
	return append([]T{own}, rest...)
}
