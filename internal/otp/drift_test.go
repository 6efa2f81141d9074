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

// σ = √(30²/12 + 52) = √127 = 11.2694; n = σ√2 / span = 15.9374 s / span.
func TestRate(t *testing.T) {
	for name, c := range map[string]struct {
		obs             []token.Observation
		prior           float64
		period          int
		ppm, noise, tol float64
		ok              bool
	}{
		// 90 d = 7,776,000 s: n = 2.0496; 77.76 s in that time are 10 ppm;
		// 10 × 100 / (100 + 4.2008) = 9.5969.
		"90 days": {observed(90, 0, 0, 77.76), 0, 30, 9.5969, 2.0496, 1e-3, true},
		// Shrunk towards the batch's 5 ppm: 5 + 5 × 0.95969 = 9.7984.
		"90 days with prior": {observed(90, 0, 0, 77.76), 5, 30, 9.7984, 2.0496, 1e-3, true},
		// 30 d = 2,592,000 s: n = 6.1487; −51.84 s are −20 ppm;
		// −20 × 100 / (100 + 37.806) = −14.513.
		"30 days": {observed(30, 10, 0, -41.84), 0, 30, -14.513, 6.1487, 1e-3, true},
		// 60 s: σ = √(300 + 52) = 18.762; n = 26.533 / 2.592 = 10.2365;
		// −20 × 100 / (100 + 104.786) = −9.7663.
		"30 days of 60 s steps": {observed(30, 10, 0, -41.84), 0, 60, -9.7663, 10.2365, 1e-3, true},
		// Least squares through (0,0) (45,100) (90,0): slope 0.
		"a bend": {observed(90, 0, 45, 100, 0, 0), 0, 30, 0, 2.0496, 1e-3, true},
		// Through (0,0) (30,0) (90,90): t̄ 40, d̄ 30: (40·30 + 10·30 + 50·60) / (1600+100+2500)
		// = 4500/4200 = 1.07143 s/day = 12.4008 ppm; × 0.95969 = 11.9010.
		"three": {observed(90, 0, 60, 0, 0, 90), 0, 30, 11.9010, 2.0496, 1e-3, true},
		// 100 ppm and −100 ppm are clamped.
		"too fast":      {observed(90, 0, 0, 777.6), 0, 30, 50, 2.0496, 1e-3, true},
		"too slow":      {observed(90, 0, 0, -777.6), 0, 30, -50, 2.0496, 1e-3, true},
		"29.9 days":     {observed(29.9, 0, 0, 100), 0, 30, 0, 0, 0, false},
		"a week, prior": {observed(7, 0, 0, 100), -8, 30, -8, 0, 0, false},
		"wild prior":    {observed(0, 3), 400, 30, 50, 0, 0, false},
		"none":          {nil, 0, 30, 0, 0, 0, false},
	} {
		h := otp.History{Observations: c.obs, PriorPPM: c.prior}
		ppm, noise, ok := h.Rate(c.period)
		if ok != c.ok || !near(ppm, c.ppm, c.tol) || !near(noise, c.noise, c.tol) {
			t.Errorf("%s: %g ± %g, %v; want %g ± %g, %v", name, ppm, noise, ok, c.ppm, c.noise, c.ok)
		}
	}
}

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
		// The fit of TestRate, 10 days on: 9.5969 ppm × 864,000 s = 8.2917 s.
		"own rate": {otp.History{Observations: observed(100, 0, 10, 77.76)}, 86.0517, 80, 9.5969},
		// The batch's first drifts and the age do not matter any more.
		"batch ignored": {otp.History{Observations: observed(0, 3), BatchFirst: []float64{9, 9, 9, 9, 9}, Imported: now.Add(-900 * day)}, 3, 60, 0},
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
