package token

import "time"

// RefusalSpan is how long refused codes are counted together.
const RefusalSpan = time.Hour

// Refusals are the codes of one operator that were refused, on whatever tokens, in the
// span that began with the first of them. The lock of a token stops who guesses at one;
// this stops who guesses a few times at each of many.
type Refusals struct {
	Since time.Time
	N     int
}

// At is what counts at a moment: nothing once the span is over.
func (r Refusals) At(now time.Time) Refusals {
	if now.Sub(r.Since).Abs() >= RefusalSpan {
		return Refusals{Since: now}
	}
	return r
}

// Refused counts one more.
func (r Refusals) Refused(now time.Time) Refusals {
	r = r.At(now)
	r.N++
	return r
}

// TakenBack counts one less: the first code of a pair that turned out to be right.
func (r Refusals) TakenBack(now time.Time) Refusals {
	r = r.At(now)
	r.N = max(0, r.N-1)
	return r
}
