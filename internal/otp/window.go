package otp

import (
	"math"

	"fob/internal/token"
)

// How far codes are searched. One code alone is matched by chance too easily
// (21 steps of 6 digits: 1 in 47,620), two in a row hardly ever (481 steps:
// 5 in 10¹⁰).
const (
	OneCodeSteps   = 10        // either way: 21 in all, whatever the digits
	OneCodeSeconds = 10 * 60   // either way
	TwoCodeSeconds = 2 * 3600  // either way, at least
	TwoCodeMost    = 12 * 3600 // either way, at most
	DeepSeconds    = 14 * 3600 // either way, with Deep: tokens that were set to a local time
	tellDays       = 14        // either way, behind a deep search, to name a broken clock

	OneCodeAhead = 10 // RFC 4226 section 7.4, the look-ahead window s
	TwoCodeAhead = 100
	DeepAhead    = 10_000
)

// What a guess is met with at most, at six digits: in an attempt at one code, at two,
// and at two with Deep. Of two codes a window may have so many pairs at most: places
// of the first, each with every place that the second may have. Where the periods are
// short or the stock is very old it narrows until they are no more.
const (
	OneCodeOdds = 2.5e-5
	TwoCodeOdds = 2e-9
	DeepOdds    = 1.1e-8

	twoCodePairs = 1_990 // of 10¹²; a code is met by chance 1.0003 times in 10⁶
	deepPairs    = 10_980
)

// bounded is how many steps either way may be searched for so many pairs at most,
// where the second code may lie at so many places behind the first.
func bounded(reach int64, gaps, pairs int) int64 {
	return min(reach, int64(pairs/gaps-1)/2)
}

// Caps narrow the windows of TOTP tokens, in seconds either way; zero leaves the
// usual one. They never widen it, and leave a deep search alone.
type Caps struct{ OneCode, TwoCodes float64 }

// capped is how many steps either way are left of a reach.
func capped(period int, reach int64, seconds float64) int64 {
	if seconds <= 0 {
		return reach
	}
	return max(1, min(reach, int64(seconds/float64(period))))
}

// window is the range of steps, or counters, at which the first code is
// searched, both ends included.
type window struct {
	lo, hi int64 // lo > hi: nothing to search
	centre int64 // where the token is expected
}

// size is the number of steps in the window.
func (w window) size() int { return int(max(0, w.hi-w.lo+1)) }

// around is a window of so many steps either way. There is no step below 0.
func around(centre, steps int64) window {
	return window{lo: max(0, centre-steps), hi: centre + steps, centre: centre}
}

// ahead is a window that never looks back: an event counter only rises, up to the
// last one there is.
func ahead(expected, counters int64) window {
	return window{lo: expected, hi: further(expected, counters), centre: expected}
}

// further is a step so many steps on, or the last one there is.
func further(step, steps int64) int64 { return step + min(steps, token.MaxCounter-step) }

// usual is the window of an attempt.
func usual(a Attempt) window {
	switch {
	case a.Params.Type == token.HOTP && len(a.Entries) == 1:
		return ahead(a.expected(), OneCodeAhead)
	case a.Params.Type == token.HOTP && a.Deep:
		return ahead(a.expected(), DeepAhead)
	case a.Params.Type == token.HOTP:
		return ahead(a.expected(), TwoCodeAhead)
	case len(a.Entries) == 1:
		return around(a.centre(), capped(a.Params.Period, oneCodeReach(a.Params.Period, a.Prediction.HalfWidth), a.Caps.OneCode))
	case a.Deep:
		return widest(a)
	}
	reach := bounded(twoCodeReach(a.Params.Period, a.Prediction.HalfWidth), len(pairGaps(a)), twoCodePairs)
	return around(a.centre(), capped(a.Params.Period, reach, a.Caps.TwoCodes))
}

// widest is the window of a deep search.
func widest(a Attempt) window {
	if a.Params.Type == token.HOTP {
		return ahead(a.expected(), DeepAhead)
	}
	return around(a.centre(), bounded(max(1, int64(DeepSeconds/a.Params.Period)), len(pairGaps(a)), deepPairs))
}

// tellable is how far a pair is looked for only to tell how far a clock is off; nothing
// is accepted there. By chance a pair matches somewhere in it once in ten million times.
func tellable(a Attempt) window {
	return around(a.centre(), wholeSteps(a.Params.Period, tellDays*24*3600))
}

// oneCodeReach is how many steps either way one code is searched.
func oneCodeReach(period int, halfWidth float64) int64 {
	return max(1, min(wholeSteps(period, halfWidth), OneCodeSteps, int64(OneCodeSeconds/period)))
}

// twoCodeReach is how many steps either way a pair is searched.
func twoCodeReach(period int, halfWidth float64) int64 {
	return max(1, min(wholeSteps(period, max(halfWidth, TwoCodeSeconds)), int64(TwoCodeMost/period)))
}

// wholeSteps rounds seconds up to steps.
func wholeSteps(period int, seconds float64) int64 {
	return int64(math.Ceil(seconds / float64(period)))
}

// WantsTwo reports whether one code of this token may well lie outside the
// window that one code is given, so that two are better asked for at once.
// HOTP tokens do not drift: one will do.
func (pr Prediction) WantsTwo(p token.Params, c Caps) bool {
	if p.Type != token.TOTP || p.Period < 1 {
		return false
	}
	return wholeSteps(p.Period, pr.HalfWidth) > capped(p.Period, oneCodeReach(p.Period, pr.HalfWidth), c.OneCode)
}
