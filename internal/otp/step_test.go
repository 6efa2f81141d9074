package otp_test

import (
	"math"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

func TestStepAt(t *testing.T) {
	y2000 := token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 60, T0: 946_684_800}
	for _, c := range []struct {
		p     token.Params
		t     time.Time
		drift float64
		want  int64
	}{
		{totp30, time.Unix(0, 0), 0, 0},
		{totp30, time.Unix(29, 999_999_999), 0, 0},
		{totp30, time.Unix(30, 0), 0, 1},
		{totp30, time.Unix(59, 0), 1, 2},
		{totp30, time.Unix(59, 0), 0.999, 1},
		{totp30, time.Unix(59, 500_000_000), 0.5, 2},
		{totp30, time.Unix(59, 500_000_000), 0.499999, 1},
		// Rounding is towards minus infinity, before T0 and for slow clocks.
		{totp30, time.Unix(-1, 0), 0, -1},
		{totp30, time.Unix(-30, 0), 0, -1},
		{totp30, time.Unix(-31, 0), 0, -2},
		{totp30, time.Unix(-1, 999_999_999), 0, -1},
		{totp30, time.Unix(30, 0), -0.001, 0},
		{totp30, time.Unix(0, 0), -0.25, -1},
		{totp30, time.Unix(30, 250_000_000), -0.25, 1},
		{totp30, time.Unix(15, 0), -45, -1},
		{totp30, time.Unix(15, 0), -45.5, -2},
		{y2000, time.Unix(946_684_800, 0), 0, 0},
		{y2000, time.Unix(946_684_799, 0), 0, -1},
		{y2000, time.Unix(946_684_800+3600, 0), -3600, 0},
		// Today, a nanosecond before the edge of a step and at it.
		{totp30, time.Unix(1_700_000_039, 999_999_999), 0, 56_666_667},
		{totp30, time.Unix(1_700_000_040, 0), 0, 56_666_668},
		{totp30, time.Unix(1_700_000_039, 999_999_999), -18_000, 56_666_067},
		{hotp6, time.Unix(1_700_000_040, 0), 5, 0},
	} {
		if got := otp.StepAt(c.p, c.t, c.drift); got != c.want {
			t.Errorf("%v at %d.%09d with %g: %d, want %d", c.p, c.t.Unix(), c.t.Nanosecond(), c.drift, got, c.want)
		}
	}
}

func TestObservedDrift(t *testing.T) {
	y2000 := totp60
	y2000.T0 = 946_684_800
	for _, c := range []struct {
		p    token.Params
		step int64
		at   time.Time
		want float64
	}{
		{totp30, 2, time.Unix(75, 0), 0},           // the middle of step 2 is 75 s
		{totp30, 2, time.Unix(80, 0), -5},          // typed later: the token seems slow
		{totp30, 2, time.Unix(60, 250e6), 14.75},   // typed early
		{totp30, 0, time.Unix(18_015, 0), -18_000}, // five hours slow
		{totp60, 10, time.Unix(570, 0), 60},        // 630 − 570
		{y2000, 1, time.Unix(946_684_900, 0), -10}, // 90 − 100
		{totp30, 1, time.Unix(-15, 0), 60},         // before T0
		{totp30, 56_666_668, time.Unix(1_700_000_055, 1), -1e-9},
	} {
		if got := otp.ObservedDrift(c.p, c.step, c.at); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v step %d at %d: %g, want %g", c.p, c.step, c.at.Unix(), got, c.want)
		}
	}
}

// A drift observed at some moment predicts, at that moment, the same step.
func TestDriftAndStepAgree(t *testing.T) {
	for _, p := range []token.Params{totp30, totp60} {
		for second := range int64(120) {
			when := now.Add(time.Duration(second) * time.Second)
			for step := stepNow(p) - 300; step <= stepNow(p)+300; step += 7 {
				drift := otp.ObservedDrift(p, step, when)
				if got := otp.StepAt(p, when, drift); got != step {
					t.Fatalf("%v at +%d s: step %d seen, %d predicted", p, second, step, got)
				}
			}
		}
	}
}
