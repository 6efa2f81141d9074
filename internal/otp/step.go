package otp

import (
	"math"
	"time"

	"fob/internal/token"
)

// StepAt is the step that a TOTP token is in at time t of our clock, if its own
// clock is drift seconds ahead of ours: floor((t + drift − T0) / period), RFC
// 6238 section 4.2. It is negative before T0. Without a period (HOTP) it is 0.
func StepAt(p token.Params, t time.Time, drift float64) int64 {
	if p.Period < 1 {
		return 0
	}
	// Whole seconds and fractions apart: a float64 holds today's Unix time to a
	// quarter of a microsecond only, enough to miss the edge of a step.
	whole := math.Floor(drift)
	carry := math.Floor(float64(t.Nanosecond())/1e9 + (drift - whole))
	return floorDiv(t.Unix()-p.T0+int64(whole)+int64(carry), int64(p.Period))
}

// whenShown is when a token whose clock is right begins to show a step.
func whenShown(p token.Params, step int64) time.Time {
	return time.Unix(p.T0+step*int64(p.Period), 0).UTC()
}

// ObservedDrift is the drift in seconds that an accepted step shows, if its code
// was typed at time at: (step + ½) × period − (at − T0). The half stands for a
// code being typed, on average, in the middle of its step.
func ObservedDrift(p token.Params, step int64, at time.Time) float64 {
	behind := step*int64(p.Period) - (at.Unix() - p.T0)
	return float64(behind) + float64(p.Period)/2 - float64(at.Nanosecond())/1e9
}

// floorDiv rounds towards minus infinity, where Go's division rounds to zero.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
