package otp

import (
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
	// minBatch is how many tokens of a batch make its median worth using.
	minBatch = 5
	// baseWidth in seconds covers typing, the step's own length and our clock.
	baseWidth = 60.0
	// widthPerDay in seconds a day is 23 ppm of drift that was not foreseen.
	widthPerDay = 2.0
	// shelfLife is how old a token of unknown manufacture is taken to be at its
	// import.
	shelfLife = 3 * 365 * day

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
}

// Predict tells where the token's clock is at now. The period is the token's,
// in seconds: it decides how far an observation is to be trusted.
func (h History) Predict(period int, now time.Time) Prediction {
	if len(h.Observations) == 0 {
		since := h.born(now)
		return Prediction{Centre: h.batchCentre(), HalfWidth: halfWidth(since, now), Since: since}
	}
	last := h.Observations[len(h.Observations)-1]
	rate := h.Clock(period).RatePPM
	return Prediction{
		Centre:    last.Drift + rate*1e-6*elapsed(last.At, now).Seconds(),
		HalfWidth: halfWidth(last.At, now),
		RatePPM:   rate,
		Observed:  true,
		Since:     last.At,
	}
}

// born is when the clock of a token that was never observed began to drift.
func (h History) born(now time.Time) time.Time {
	imported := h.Imported
	if imported.IsZero() {
		imported = now
	}
	if h.Manufactured.Before(firstTokens) || h.Manufactured.After(imported) {
		return imported.Add(-shelfLife)
	}
	return h.Manufactured
}

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

func halfWidth(since, now time.Time) float64 {
	return baseWidth + widthPerDay*elapsed(since, now).Hours()/24
}

// elapsed is never negative: an event that our clock has not reached yet says
// that the clock was set back, not that drift runs backwards.
func elapsed(since, now time.Time) time.Duration { return max(0, now.Sub(since)) }
