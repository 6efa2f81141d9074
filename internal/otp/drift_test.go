package otp_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

const day = 24 * time.Hour

// observed makes observations out of days before now and drifts in seconds.
func observed(pairs ...float64) []token.Observation {
	var list []token.Observation
	for pair := range slices.Chunk(pairs, 2) {
		at := now.Add(-time.Duration(pair[0] * float64(day)))
		list = append(list, token.Observation{At: at, Drift: pair[1]})
	}
	return list
}

func near(got, want, by float64) bool { return math.Abs(got-want) <= by }

func TestPredictObserved(t *testing.T) {
	for name, c := range map[string]struct {
		h                   otp.History
		centre, half, rate_ float64
	}{
		"just seen":  {otp.History{Observations: observed(0, -12.5)}, -12.5, 60, 0},
		"7 days ago": {otp.History{Observations: observed(7, 40)}, 40, 74, 0},
		"half a day": {otp.History{Observations: observed(0.5, 40)}, 40, 61, 0},
		// −8 ppm over 90 days are −62.208 s.
		"batch's rate": {otp.History{Observations: observed(90, 10), PriorPPM: -8}, -52.208, 240, -8},
		// The fit of TestClock, 10 days on: 9.5969 ppm × 864,000 s = 8.2917 s.
		"own rate": {otp.History{Observations: observed(100, 0, 10, 77.76)}, 86.0517, 66, 9.5969},
		// The batch's first drifts do not matter any more.
		"batch ignored": {otp.History{Observations: observed(0, 3), BatchFirst: []float64{9, 9, 9, 9, 9}}, 3, 60, 0},
		// 504.576 s in 730 days are 8 ppm, with noise of σ / 730 d = 0.1787 ppm and, of a
		// date right to 30 days, 8 × 30/730 = 0.3288, together 0.3742; 8 × 100 / (100 +
		// 0.1400) = 7.9888, which are 69.023 s in 100 days.
		"first rate": {otp.History{Observations: observed(100, 504.576), Manufactured: now.Add(-830 * day), Imported: now.Add(-500 * day)},
			573.5994, 260, 7.9888},
		// Of unknown age, imported 912.5 days before: 1,095 days old, right to 365; 8 ppm,
		// noise 2.6667 and 0.1191; 8 × 100 / (100 + 7.1253) = 7.4679; 64.523 s.
		"of unknown age": {otp.History{Observations: observed(100, 756.864), Imported: now.Add(-100*day - 1825*day/2)}, 821.3867, 260, 7.4679},
		// Imported on that day: nobody knows of which years the drift is. 8 ppm, noise 16
		// and 0.7147; 8 × 100 / (100 + 256.511) = 2.2440; 19.388 s.
		"new, of unknown age": {otp.History{Observations: observed(100, 126.144), Imported: now.Add(-100 * day)}, 145.5321, 260, 2.2440},
		// An hour in two years is no rate: the clock was set to another time.
		"set to local time": {otp.History{Observations: observed(100, 3600), Manufactured: now.Add(-830 * day), Imported: now.Add(-500 * day)}, 3600, 260, 0},
		"made just now":     {otp.History{Observations: observed(0, 3), Manufactured: now, Imported: now}, 3, 60, 0},
		// Seen tomorrow: our clock was set back, nothing is extrapolated.
		"in the future": {otp.History{Observations: observed(-1, 3), PriorPPM: 20}, 3, 60, 20},
	} {
		p := c.h.Predict(30, now)
		if !p.Observed || !near(p.Centre, c.centre, 1e-3) || !near(p.HalfWidth, c.half, 1e-6) || !near(p.RatePPM, c.rate_, 1e-3) {
			t.Errorf("%s: %+v, want %g ± %g at %g ppm", name, p, c.centre, c.half, c.rate_)
		}
	}
}

func TestPredictNeverObserved(t *testing.T) {
	ago := func(days int) time.Time { return now.Add(-time.Duration(days) * day) }
	for name, c := range map[string]struct {
		h            otp.History
		centre, half float64
	}{
		"made a year ago":         {otp.History{Manufactured: ago(365), Imported: ago(100)}, 0, 790},
		"made when imported":      {otp.History{Manufactured: ago(100), Imported: ago(100)}, 0, 260},
		"not known":               {otp.History{Imported: ago(0)}, 0, 2250},
		"not known, a year here":  {otp.History{Imported: ago(365)}, 0, 2980},
		"made after import":       {otp.History{Manufactured: ago(10), Imported: ago(20)}, 0, 2290},
		"made in 1970":            {otp.History{Manufactured: time.Unix(0, 0), Imported: ago(0)}, 0, 2250},
		"nothing known":           {otp.History{}, 0, 2250},
		"batch of four":           {otp.History{Imported: ago(0), BatchFirst: []float64{-40, -40, -40, -40}}, 0, 2250},
		"batch of five":           {otp.History{Imported: ago(0), BatchFirst: []float64{-90, 1000, -40, -30, -50}}, -40, 2250},
		"batch of six":            {otp.History{Imported: ago(0), BatchFirst: []float64{-90, 1000, -40, -30, -50, -60}}, -45, 2250},
		"a rate moves no drift 0": {otp.History{Imported: ago(0), PriorPPM: 30}, 0, 2250},
	} {
		p := c.h.Predict(30, now)
		if p.Observed || p.RatePPM != 0 || p.Centre != c.centre || !near(p.HalfWidth, c.half, 1e-6) {
			t.Errorf("%s: %+v, want %g ± %g", name, p, c.centre, c.half)
		}
	}
}

// Predicting must not reorder what it was given.
func TestPredictLeavesItsInput(t *testing.T) {
	first := []float64{5, 4, 3, 2, 1}
	otp.History{BatchFirst: first}.Predict(30, now)
	if !slices.Equal(first, []float64{5, 4, 3, 2, 1}) {
		t.Errorf("the batch's drifts became %v", first)
	}
}
