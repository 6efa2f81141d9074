package otp

import "math"

// Miss is how far an observed drift lay from its prediction, in seconds, and how
// far it might have lain.
type Miss struct{ Seconds, HalfWidth float64 }

// MissOf is the miss of the newest observation of a history, against what the
// history before it predicted; not ok without an observation.
func (h History) MissOf(period int) (m Miss, ok bool) {
	n := len(h.Observations) - 1
	if n < 0 {
		return m, false
	}
	newest := h.Observations[n]
	h.Observations = h.Observations[:n]
	pr := h.Predict(period, newest.At)
	return Miss{newest.Drift - pr.Centre, pr.HalfWidth}, true
}

// Outside reports whether the drift was not foreseen.
func (m Miss) Outside() bool { return math.Abs(m.Seconds) > m.HalfWidth }

// SameMiss reports whether all tokens missed their predictions by one and the same
// amount, in seconds, as far as the predictions can tell. Clocks of tokens do not
// do that together: ours did it.
func SameMiss(all []Miss) (seconds float64, same bool) {
	lo, hi := math.Inf(-1), math.Inf(1)
	for _, m := range all {
		if !m.Outside() {
			return 0, false
		}
		lo, hi = max(lo, m.Seconds-m.HalfWidth), min(hi, m.Seconds+m.HalfWidth)
	}
	if len(all) == 0 || lo > hi {
		return 0, false
	}
	return (lo + hi) / 2, true
}
