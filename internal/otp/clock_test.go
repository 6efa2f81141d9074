package otp_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// σ = √(30²/12 + 52) = √127 = 11.2694; n = σ√2 / span = 15.9374 s / span.
func TestClock(t *testing.T) {
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
		// Least squares through (0,0) (45,60) (90,0): slope 0.
		"a bend": {observed(90, 0, 45, 60, 0, 0), 0, 30, 0, 2.0496, 1e-3, true},
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
		got := h.Clock(c.period)
		if got.Fitted != c.ok || !near(got.RatePPM, c.ppm, c.tol) || !near(got.NoisePPM, c.noise, c.tol) || got.Jumps != 0 {
			t.Errorf("%s: %+v; want %g ± %g, %v", name, got, c.ppm, c.noise, c.ok)
		}
	}
}

// What was seen before a jump is no part of the fit. Allowed are 4√2·σ = 63.75 s
// at a period of 30 s, and 100 ppm (8.64 s a day) while the rate is not known, or
// 2 s a day about the fit.
func TestJumps(t *testing.T) {
	steady := func(more ...float64) []token.Observation {
		return observed(append([]float64{400, 0, 300, 86.4, 200, 172.8}, more...)...)
	} // 10 ppm
	flags := func(f ...otp.Flag) []otp.Flag { return f }
	for name, c := range map[string]struct {
		obs    []token.Observation
		jumps  int
		used   int
		fitted bool
		flags  []otp.Flag
	}{
		"none":                      {steady(0, 345.6), 0, 4, true, nil},
		"hours":                     {steady(100, 3600*3, 0, 3600*3+86.4), 1, 2, true, flags(otp.FlagJump)},
		"hours, just now":           {steady(0, -3600*5), 1, 1, false, flags(otp.FlagJump)},
		"within what is unforeseen": {steady(100, 259.2+263), 0, 4, true, nil},
		"beyond it":                 {steady(100, 259.2+264), 1, 1, false, flags(otp.FlagJump)},
		"back again":                {steady(150, 7200, 100, 259.2, 0, 345.6), 2, 2, true, flags(otp.FlagJump)},
		"unknown rate, within":      {observed(100, 0, 0, 927), 0, 2, true, flags(otp.FlagRate)},
		"unknown rate, beyond":      {observed(100, 0, 0, 928), 1, 1, false, flags(otp.FlagJump)},
		"two in a minute":           {observed(0.001, 0, 0, 63), 0, 2, false, nil},
		"too far for a minute":      {observed(0.001, 0, 0, 65), 1, 1, false, nil}, // a record of 90 days is needed to say so
		"51 ppm over 90 days":       {observed(90, 0, 0, 51*7.776), 0, 2, true, flags(otp.FlagRate)},
		"50 ppm over 90 days":       {observed(90, 0, 0, 50*7.776), 0, 2, true, nil},
		"80 ppm over 89 days":       {observed(89, 0, 0, 80*7.6896), 0, 2, true, nil},
		"80 ppm since a jump":       {observed(400, 9000, 100, 0, 0, 80*8.64), 1, 2, true, flags(otp.FlagRate, otp.FlagJump)},
		"our clock was set back":    {observed(0, 0, 100, 10), 0, 2, false, nil},
		"nothing":                   {nil, 0, 0, false, nil},
	} {
		got := otp.History{Observations: c.obs}.Clock(30)
		if got.Jumps != c.jumps || got.Used != c.used || got.Fitted != c.fitted || !slices.Equal(got.Flags, c.flags) {
			t.Errorf("%s: %+v, want %+v", name, got, c)
		}
		if (got.Jumps > 0) == got.LastJump.IsZero() {
			t.Errorf("%s: the last jump was at %s", name, got.LastJump)
		}
	}
}

// Behind a jump the rate is that of the clock as it runs since, not what the jump
// makes of it.
func TestRateBehindAJump(t *testing.T) {
	obs := observed(700, 0, 600, -86.4, 300, 10_000-345.6, 100, 10_000-518.4, 0, 10_000-604.8) // −10 ppm throughout
	got := otp.History{Observations: obs}.Clock(30)
	if got.Jumps != 1 || !near(got.FitPPM, -10, 1e-6) || got.Span != 300*day || !got.LastJump.Equal(obs[2].At) {
		t.Errorf("%+v", got)
	}
	p := otp.History{Observations: obs}.Predict(30, now.Add(100*day))
	if !near(p.Centre, 10_000-604.8-86.4, 0.5) {
		t.Errorf("%+v", p)
	}
	fresh := otp.History{Observations: observed(700, 0, 600, -86.4, 1, 9000), PriorPPM: -4}.Predict(30, now)
	if fresh.RatePPM != -4 || !near(fresh.Centre, 9000-4*0.0864, 1e-9) {
		t.Errorf("just behind a jump the batch's rate counts: %+v", fresh)
	}
}

// Sound crystals, read as people read them, are not said to jump or to run
// wildly: fewer than one in a thousand.
func TestSoundClocksAreNotFlagged(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	const tokens = 4000
	flagged := 0
	for range tokens {
		rate := (r.Float64()*2 - 1) * 45
		var obs []token.Observation
		for days := 0.0; days < 1500; days += 5 + r.Float64()*300 {
			noise := (r.Float64()-0.5)*30 + 12.5 - r.Float64()*25
			obs = append(obs, token.Observation{At: now.Add(time.Duration(days * float64(day))), Drift: rate*0.0864*days + noise})
		}
		if len(otp.History{Observations: obs}.Clock(30).Flags) > 0 {
			flagged++
		}
	}
	if flagged > tokens/1000 {
		t.Errorf("%d of %d sound clocks are flagged", flagged, tokens)
	}
}

// The noise that is told is the noise that there is.
func TestNoiseIsTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 2))
	var sum, told float64
	const n = 20_000
	for range n {
		step := func() float64 { return (r.Float64()-0.5)*30 + 12.5 - r.Float64()*25 }
		c := otp.History{Observations: observed(90, step(), 0, step())}.Clock(30)
		sum, told = sum+c.FitPPM*c.FitPPM, c.NoisePPM
	}
	if got := math.Sqrt(sum / n); !near(got, told, 0.02*told) {
		t.Errorf("slopes of nothing spread by %.3f ppm, told are %.3f", got, told)
	}
}

func TestOutlook(t *testing.T) {
	h := otp.History{Observations: observed(100, 0, 10, 77.76)}
	o := h.Outlook(totp30, otp.Caps{}, now.Add(80*day)) // 90 days after the last observation
	if !near(o.Centre, 77.76+9.5969*7.776, 1e-2) || o.HalfWidth != 114 || o.Steps != 9 || o.Two || !o.Clock.Fitted {
		t.Errorf("%+v", o)
	}
	for _, c := range []struct {
		p    token.Params
		days float64 // from the observation to the end of one code's window
	}{{totp30, 400}, {totp60, 900}, {periodOf(3600), 5900}, {periodOf(1), -50 / 0.6}} {
		o := h.Outlook(c.p, otp.Caps{}, now)
		if want := now.Add(-10*day + time.Duration(c.days*float64(day))); o.OneCodeUntil.Sub(want).Abs() > time.Second {
			t.Errorf("%d s: until %s, want %s", c.p.Period, o.OneCodeUntil, want)
		}
		if before := h.Outlook(c.p, otp.Caps{}, o.OneCodeUntil); before.Two && c.days > 0 {
			t.Errorf("%d s: two codes are wanted before that", c.p.Period)
		}
		if after := h.Outlook(c.p, otp.Caps{}, o.OneCodeUntil.Add(time.Hour)); !after.Two {
			t.Errorf("%d s: one code will do after that", c.p.Period)
		}
	}
	if o := (otp.History{Imported: now}).Outlook(totp30, otp.Caps{}, now); !o.Two || o.OneCodeUntil.After(now) || o.Steps != 21 {
		t.Errorf("never seen: %+v", o)
	}
	if o := h.Outlook(hotp6, otp.Caps{}, now); !o.At.IsZero() || o.Steps != 0 {
		t.Errorf("a counter has no clock: %+v", o)
	}
}
