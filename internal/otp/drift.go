package otp

import (
	"math"
	"slices"
	"time"

	"fob/internal/token"
)

// What is assumed of clocks and people.
const (
	// typingVariance is that of the delay between reading a code and entering
	// it, 0 to 25 s: 25²/12 = 52 s².
	typingVariance = 52.0
	// MaxRate in ppm: tuning-fork crystals are sold as ±20 and are slower in the
	// cold and the heat; beyond ±50 the measurement is likelier to be wrong.
	MaxRate = 50.0
	// crystalSpread in ppm: what crystals are sold with.
	crystalSpread = 8.0
	// minBatch is how many tokens of a batch make its median worth using.
	minBatch = 5
	// baseWidth in seconds covers typing, the step's own length and our clock.
	baseWidth = 60.0
	// widthPerDay in seconds a day is 23 ppm of drift that was not foreseen, and
	// knownWidthPerDay 7 ppm: what remains of it once the rate was measured over 90
	// days. Of 1,000 such tokens one is further off after two years.
	widthPerDay      = 2.0
	knownWidthPerDay = 0.6
	// shelfLife is how old a token of unknown manufacture is taken to be at its
	// import.
	shelfLife = 3 * 365 * day
	// For a first rate it is taken to be half a year old instead, give or take a year:
	// too young a guess makes too much of a drift, which the doubt about it shrinks
	// again. A date of manufacture is right to a month.
	likelyAge, ageDoubt, dateDoubt = 365 * day / 2, 365 * day, 30 * day

	day = 24 * time.Hour
)

// firstTokens is when the earliest manufacture date is plausible: older ones
// are empty fields of somebody's spreadsheet.
var firstTokens = time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC)

// History is all that prediction knows of one token's clock.
type History struct {
	Observations []token.Observation // oldest first
	BatchFirst   []float64           // first drifts, in seconds, of other tokens of the batch; used if five or more
	PriorPPM     float64             // the batch's rate: median over five or more tokens with spans of 90 days, else 0
	Manufactured time.Time           // zero: not known
	Imported     time.Time
}

// Prediction is where a token's clock is expected at one moment.
type Prediction struct {
	Centre    float64   // expected drift, seconds
	HalfWidth float64   // how far it may be from that, seconds either way
	RatePPM   float64   // what Centre was moved by since Since; 0 if never observed
	Observed  bool      // drift was measured before
	Since     time.Time // what HalfWidth grew from: last observation, manufacture, or three years before import
	PerDay    float64   // seconds that HalfWidth grows a day
}

// Predict tells where the token's clock is at now. The period is the token's,
// in seconds: it decides how far an observation is to be trusted.
func (h History) Predict(period int, now time.Time) Prediction {
	if len(h.Observations) == 0 {
		since := h.born(now)
		return Prediction{Centre: h.batchCentre(), HalfWidth: halfWidth(since, now, widthPerDay), Since: since, PerDay: widthPerDay}
	}
	last := h.Observations[len(h.Observations)-1]
	c := h.Clock(period)
	perDay := widthPerDay
	if c.Span >= FlagSpan && c.Jumps == 0 && len(c.Flags) == 0 {
		perDay = knownWidthPerDay
	}
	return Prediction{
		Centre:    last.Drift + c.RatePPM*1e-6*elapsed(last.At, now).Seconds(),
		HalfWidth: halfWidth(last.At, now, perDay),
		RatePPM:   c.RatePPM,
		Observed:  true,
		Since:     last.At,
		PerDay:    perDay,
	}
}

// born is when the clock of a token that was never observed began to drift.
func (h History) born(now time.Time) time.Time {
	imported := h.Imported
	if imported.IsZero() {
		imported = now
	}
	if h.dated(imported) {
		return h.Manufactured
	}
	return imported.Add(-shelfLife)
}

// dated reports whether the date of manufacture is known, and plausible.
func (h History) dated(imported time.Time) bool {
	return !h.Manufactured.Before(firstTokens) && !h.Manufactured.After(imported)
}

// age is how long a clock has likely run at a moment, and how much that may be wrong;
// zero where nothing is known.
func (h History) age(at time.Time) (age, doubt time.Duration) {
	switch {
	case h.Imported.IsZero():
		return 0, 0
	case h.dated(h.Imported):
		return at.Sub(h.Manufactured), dateDoubt
	}
	return at.Sub(h.Imported) + likelyAge, ageDoubt
}

// firstRate is what the first drift says of a clock that was right when it was made and
// ran evenly since: the batch's rate moved towards drift / age, as far as that can be
// trusted. The spread is how far the true rate lies from it, in ppm. A drift that no
// crystal makes in that time does not count for its rate: the clock was set so.
func (h History) firstRate(period int) (ppm, spread float64) {
	ppm, spread = h.PriorPPM, rateSpread
	if len(h.Observations) == 0 {
		return ppm, spread
	}
	first := h.Observations[0]
	age, doubt := h.age(first.At)
	rate := first.Drift / age.Seconds() * 1e6
	if age <= 0 || math.Abs(rate) > MaxRate {
		return ppm, spread
	}
	noise := math.Hypot(observationSigma(period)/age.Seconds()*1e6, rate*doubt.Seconds()/age.Seconds())
	ppm += (rate - ppm) * trust(spread, noise)
	return ppm, math.Hypot(spread*math.Sqrt(1-trust(spread, noise)), placeSpread)
}

// OneCodeFails reports whether one code of a token that was never seen likelier fails
// than not: crystals are sold with a standard deviation of 8 ppm, and half of them run
// further off than two thirds of it. Of unknown age it is taken to be half a year old at
// its import. A batch of which five were seen is predicted by them.
func (h History) OneCodeFails(p token.Params, c Caps, now time.Time) bool {
	if p.Type != token.TOTP || p.Period < 1 || len(h.Observations) > 0 || len(h.BatchFirst) >= minBatch {
		return false
	}
	age, _ := h.age(now)
	reach := capped(p.Period, oneCodeReach(p.Period, DeepSeconds), c.OneCode) * int64(p.Period)
	return float64(reach) < crystalSpread*1e-6*age.Seconds()*2/3
}

// trust is how far a measurement with a noise moves what was expected with a spread.
func trust(spread, noise float64) float64 { return spread * spread / (spread*spread + noise*noise) }

// batchCentre is what the batch says of a token that was never observed.
func (h History) batchCentre() float64 {
	if len(h.BatchFirst) < minBatch {
		return 0
	}
	return median(h.BatchFirst)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	upper := sorted[len(sorted)/2]
	if len(sorted)%2 == 1 {
		return upper
	}
	return (sorted[len(sorted)/2-1] + upper) / 2
}

func halfWidth(since, now time.Time, perDay float64) float64 {
	return baseWidth + perDay*elapsed(since, now).Hours()/24
}

// elapsed is never negative: an event that our clock has not reached yet says
// that the clock was set back, not that drift runs backwards.
func elapsed(since, now time.Time) time.Duration { return max(0, now.Sub(since)) }
