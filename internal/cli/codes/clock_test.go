package codes

import (
	"testing"
	"time"

	"fob/internal/desk"
)

func TestRateWords(t *testing.T) {
	ppm := func(x float64) *float64 { return &x }
	jump := time.Date(2026, 5, 3, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		clock desk.Clock
		want  string
	}{
		{desk.Clock{Observations: 1, SinceJump: 1}, "not measured (1 observation on record; it takes two that are 30 days apart)"},
		{desk.Clock{Observations: 4, SinceJump: 1, Jumps: 1, JumpedAt: &jump},
			"not measured (4 observations on record; the clock jumped, seen on 2026-05-03: 1 of them from then on, which count; it takes two that are 30 days apart)"},
		{desk.Clock{Observations: 5, SinceJump: 5, RatePPM: ppm(-20.04), NoisePPM: ppm(1), UsedPPM: -19.8}, "-20.0 ± 1.0 ppm (5 observations)"},
		{desk.Clock{Observations: 5, SinceJump: 5, RatePPM: ppm(69.3), NoisePPM: ppm(0.8), UsedPPM: 50},
			"+69.3 ± 0.8 ppm (5 observations); what is predicted goes by +50.0"},
		{desk.Clock{Observations: 5, SinceJump: 3, Jumps: 1, JumpedAt: &jump, RatePPM: ppm(10), NoisePPM: ppm(2), UsedPPM: 9.9},
			"+10.0 ± 2.0 ppm (5 observations; the clock jumped, seen on 2026-05-03: 3 of them from then on, which count)"},
	} {
		if got := rateNoise(&c.clock); got != c.want {
			t.Errorf("%q", got)
		}
	}
}
