package otp

import (
	"math"
	"time"

	"fob/internal/token"
)

// What a record has to span before it says something, and what it may say.
const (
	// rateSpread in ppm is how far tokens lie from their batch's rate; a fit is
	// shrunk by its noise relative to it.
	rateSpread = 10.0
	// placeSpread in ppm is how far a token runs otherwise in a pocket than it did in a
	// warehouse.
	placeSpread = 5.0
	// MinRateSpan: two observations a week apart have 26 ppm of noise at a
	// period of 30 s, 30 days have 6.
	MinRateSpan = 30 * day
	// FlagSpan is what it takes to call a clock bad: 2 ppm of noise at 30 s.
	FlagSpan = 90 * day
	// jumpSigmas of noise are no jump: by chance 1 in 16,000 lies beyond.
	jumpSigmas = 4.0
	// maxUnknown in ppm is how far a clock of unknown rate may run without being
	// said to have jumped: twice MaxRate. A crystal beyond that does not run fast,
	// it is broken.
	maxUnknown = 2 * MaxRate
)

// Flag is what is wrong with a token's clock, as scripts read it.
type Flag string

// The flags: a rate that no sound crystal has, and a clock that was set or
// stopped, as a dying battery makes it.
const (
	FlagRate Flag = "rate"
	FlagJump Flag = "jump"
)

// Clock is what a record of observations says of how a token's clock runs.
type Clock struct {
	RatePPM float64 // positive: fast; the fit shrunk towards what was expected before it and clamped, or that
	Fitted  bool    // RatePPM rests on a fit; else on the first drift, the batch, or on nothing

	// Of the fit, zero without one:
	FitPPM   float64       // the bare slope
	NoisePPM float64       // one standard deviation of it
	Span     time.Duration // that the observations behind the last jump cover

	Used     int       // observations behind the last jump
	Jumps    int       // how often the drift changed as no crystal's does
	LastJump time.Time // when the newest of them was seen
	Flags    []Flag
}

// Clock fits the rate. Observations before a jump of the drift say nothing about
// how the clock runs since: what was a jump of hours would look like a rate that
// is beyond all measure. The period is the token's, in seconds, and decides how
// far an observation is to be trusted.
func (h History) Clock(period int) Clock {
	obs := h.Observations
	c, from := Clock{}, 0
	for i := 1; i < len(obs); i++ {
		if jumped(obs[from:i], obs[i], period) {
			from, c.LastJump = i, obs[i].At
			c.Jumps++
		}
	}
	c.Used = len(obs) - from
	expected, spread := h.PriorPPM, rateSpread
	if c.Jumps == 0 {
		expected, spread = h.firstRate(period)
	}
	c.RatePPM = clampRate(expected)
	c.fit(obs[from:], expected, spread, period)
	c.flag(obs)
	return c
}

func (c *Clock) fit(obs []token.Observation, expected, spread float64, period int) {
	fit, span, ok := fitRate(obs)
	if !ok {
		return
	}
	noise := observationSigma(period) * math.Sqrt2 / span.Seconds() * 1e6
	c.Fitted, c.FitPPM, c.NoisePPM, c.Span = true, fit, noise, span
	c.RatePPM = clampRate(expected + (fit-expected)*trust(spread, noise))
}

func (c *Clock) flag(obs []token.Observation) {
	if c.Fitted && c.Span >= FlagSpan && math.Abs(c.FitPPM) > MaxRate {
		c.Flags = append(c.Flags, FlagRate)
	}
	if c.Jumps > 0 && spanOf(obs) >= FlagSpan {
		c.Flags = append(c.Flags, FlagJump)
	}
}

// jumped reports whether a drift lies where the clock cannot have run to since
// those before it: beyond the noise of two observations (n, in
// seconds: σ√2) and what drifts unforeseen, 2 s a day. While the rate is not
// known, any within ±100 ppm may be the clock's.
func jumped(before []token.Observation, o token.Observation, period int) bool {
	last := before[len(before)-1]
	passed := elapsed(last.At, o.At).Seconds()
	rate, unforeseen := 0.0, maxUnknown*1e-6*passed
	if fit, _, ok := fitRate(before); ok {
		rate, unforeseen = fit, widthPerDay*passed/day.Seconds()
	}
	off := o.Drift - (last.Drift + rate*1e-6*passed)
	return math.Abs(off) > jumpSigmas*math.Sqrt2*observationSigma(period)+unforeseen
}

// observationSigma is the standard deviation of one observed drift, in seconds:
// a code may be read anywhere in its step and is typed a while later.
func observationSigma(period int) float64 {
	return math.Sqrt(float64(period)*float64(period)/12 + typingVariance)
}

// BatchRate is the rate of a batch, in ppm, out of those of its tokens: the median
// of five or more, else zero.
func BatchRate(rates []float64) float64 {
	if len(rates) < minBatch {
		return 0
	}
	return median(rates)
}

func clampRate(ppm float64) float64 { return min(max(ppm, -MaxRate), MaxRate) }

func spanOf(obs []token.Observation) time.Duration {
	if len(obs) < 2 {
		return 0
	}
	return obs[len(obs)-1].At.Sub(obs[0].At)
}

// fitRate is the slope of the least-squares line through the observations, in
// ppm, with their span; not ok if they span under 30 days.
func fitRate(obs []token.Observation) (ppm float64, span time.Duration, ok bool) {
	if span = spanOf(obs); span < MinRateSpan {
		return 0, 0, false
	}
	first := obs[0].At
	var meanT, meanD float64
	for _, o := range obs {
		meanT += o.At.Sub(first).Seconds() / float64(len(obs))
		meanD += o.Drift / float64(len(obs))
	}
	var tt, td float64
	for _, o := range obs {
		t := o.At.Sub(first).Seconds() - meanT
		tt += t * t
		td += t * (o.Drift - meanD)
	}
	return td / tt * 1e6, span, true
}
