package desk_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

const days = 24 * time.Hour

// seen resynchronises token S<i> by a pair, its clock off by drift.
func (h *house) seen(i uint64, drift time.Duration) desk.Outcome {
	h.t.Helper()
	s := h.step(drift)
	out, err := h.desk.Resync(bg, h.codes(fmt.Sprintf("S%d", i), codeOf(h.t, totp6, i, s), codeOf(h.t, totp6, i, s+1)))
	must(h.t, err)
	return out
}

// newDrawer is a house with tokens S1 to Sn, in files of half of them each.
func newDrawer(t *testing.T, n uint64) *house {
	h := newHouse(t)
	var lines [2][]string
	for i := uint64(1); i <= n; i++ {
		b := (i - 1) * 2 / n
		lines[b] = append(lines[b], line(fmt.Sprintf("S%d", i), i))
	}
	h.load(csv(lines[0]...))
	h.load(csv(lines[1]...))
	h.clock.advance(time.Hour)
	return h
}

// ppm is the drift that a rate makes in a time.
func ppm(rate float64, in time.Duration) time.Duration {
	return time.Duration(rate * 1e-6 * float64(in))
}

// Five tokens of a batch that were seen over 90 days tell how fast its clocks run;
// four do not, nor do tokens of another batch or observations of a month.
func TestRateOfTheBatch(t *testing.T) {
	h := newDrawer(t, 14)
	expected := func(i uint64) float64 {
		t.Helper()
		out, err := h.desk.Check(bg, h.codes(fmt.Sprintf("S%d", i), h.shown(i, 0)))
		must(t, err)
		return out.Clock.DriftSeconds - *drifts(h, i)
	}
	for i := uint64(1); i <= 14; i++ {
		h.seen(i, 0)
	}
	h.clock.advance(100 * days)
	for i := uint64(1); i <= 4; i++ {
		h.seen(i, ppm(-20, 100*days))
	}
	before, other := expected(7), expected(14) // what their own first drifts make of them
	if before != other {
		t.Errorf("four tokens move the fifth by %g s", before-other)
	}
	out := h.seen(5, ppm(-20, 100*days))
	if out.Clock.RatePPM == nil || *out.Clock.RatePPM > -17 || *out.Clock.NoisePPM > 2 {
		t.Errorf("%+v", out.Clock)
	}
	// −20 ppm over 190 days are −330 s, of which a first drift that does not count leaves a
	// quarter.
	if got := expected(7) - before; math.Abs(got+82) > 15 {
		t.Errorf("the batch's rate moves a token by %g s", got)
	}
	if got := expected(14); got != other {
		t.Errorf("another batch's rate moves a token by %g s", got-other)
	}
	h.verified()
}

// drifts is the last drift that was recorded of token S<i>.
func drifts(h *house, i uint64) *float64 {
	found, _ := h.find(fmt.Sprintf("S%d", i))
	return found.DriftSeconds
}

// A jump of hours makes no rate: what follows is predicted from where the clock is
// now.
func TestJumpMakesNoRate(t *testing.T) {
	h := newDrawer(t, 2)
	h.seen(1, 0)
	h.clock.advance(200 * days)
	h.seen(1, 0)
	h.clock.advance(10 * days)
	out := h.seen(1, -90*time.Minute)
	if c := out.Clock; c.RatePPM != nil || c.Jumps != 1 || len(c.Flags) != 1 || c.Flags[0] != otp.FlagJump || math.Abs(c.DriftSeconds+5400) > 60 {
		t.Errorf("%+v", c)
	}
	if c := out.Clock; c.SinceJump != 1 || c.JumpedAt == nil || !c.JumpedAt.Equal(h.clock.Now()) {
		t.Errorf("%d observations since the jump at %v", c.SinceJump, c.JumpedAt)
	}
	h.clock.advance(60 * days)
	out, err := h.desk.Check(bg, h.codes("S1", h.shown(1, -90*time.Minute)))
	if err != nil || out.Clock.Observations != 3 {
		t.Errorf("one code does not do behind a jump: %+v, %v", out.Clock, err)
	}
	if found, _ := h.find("S1"); found.DriftPPM != nil {
		t.Errorf("a rate of %g ppm is recorded", *found.DriftPPM)
	}
	h.verified()
}

func TestOutlookForADate(t *testing.T) {
	h := newDrawer(t, 2)
	req := h.codes("S1", h.shown(1, 0))
	req.Ahead = h.clock.Now().Add(30 * days)
	out, err := h.desk.Check(bg, req)
	must(t, err)
	if c := out.Clock; c.Observations != 0 || c.ResyncBy != nil || !c.TwoCodes || c.Steps != 21 || !c.At.Equal(req.Ahead) {
		t.Errorf("never recorded: %+v", c)
	}
	_, err = h.desk.Resync(bg, req)
	must(t, err)
	h.clock.advance(time.Minute)
	req = h.codes("S1", h.shown(1, 0))
	req.Ahead = h.clock.Now().Add(30*days - time.Minute)
	out, err = h.desk.Check(bg, req)
	must(t, err)
	if c := out.Clock; c.HalfWidth != 120 || c.Steps != 9 || c.TwoCodes || !c.ResyncBy.Equal(h.clock.Now().Add(120*days-time.Minute)) {
		t.Errorf("%+v", c)
	}
	hotp, err := newDesked(t).desk.Check(bg, desk.Codes{Serial: "H1", Codes: []desk.Typed{{Text: codeOf(t, hotp6, 3, 100)}}})
	if err != nil || hotp.Clock != nil {
		t.Errorf("a counter has no clock: %+v, %v", hotp, err)
	}
}

// When five tokens of two batches are all an hour off, it is our clock.
func TestThisComputersClock(t *testing.T) {
	const off = -time.Hour
	for name, c := range map[string]struct {
		drifts []time.Duration // of S1, S2, … a week after they were right; S1 to S5 are of one batch
		warned bool
	}{
		"all by the same":    {[]time.Duration{0, 0, 0, off, off, off, off - 20*time.Second, off}, true},
		"four":               {[]time.Duration{0, 0, 0, 0, off, off, off, off}, false},
		"one of five not":    {[]time.Duration{off, off, off, 0, off, off, off, off}, false},
		"by another amount":  {[]time.Duration{off, off, off, off / 2, off, off, off, off}, false},
		"of one batch alone": {[]time.Duration{off, off, off, off, off}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newDrawer(t, 10)
			for i := uint64(1); i <= 10; i++ {
				h.seen(i, 0)
			}
			h.clock.advance(7 * days)
			for i, drift := range c.drifts {
				out := h.seen(uint64(i+1), drift)
				last := i == len(c.drifts)-1
				if (len(out.Warnings) > 0) != (last && c.warned) {
					t.Errorf("S%d, off by %s: %q", i+1, drift, out.Warnings)
				}
				if len(out.Warnings) > 0 {
					says(t, out.Warnings[0], "the last 5 tokens", "60 minutes", "this computer's clock is likelier to be fast", "synchronisation")
				}
			}
			h.verified()
		})
	}
}

// A deep search without a second person and a reason is refused, whatever front end
// asks for it.
func TestDeepTakesTwoPeople(t *testing.T) {
	h := newDrawer(t, 2)
	before := h.dump()
	s := h.step(-5 * time.Hour)
	req := h.codes("S1", codeOf(t, totp6, 1, s), codeOf(t, totp6, 1, s+1))
	req.Deep = true
	for _, c := range []struct {
		approver token.Approver
		reason   string
	}{{"", ""}, {"Eva", ""}, {"", "battery"}} {
		req.Approver, req.Reason = c.approver, c.reason
		_, err := h.desk.Bind(bg, req)
		kindIs(t, err, fault.Refused, map[bool]string{true: "a deep search needs a reason", false: "a second person has to approve this"}[c.reason == ""])
	}
	if h.dump() != before {
		t.Error("something was written")
	}
	req.Approver, req.Reason = "Eva", "battery"
	out, err := h.desk.Bind(bg, req)
	if err != nil || *out.StepOffset != -600 {
		t.Errorf("%+v, %v", out, err)
	}
	if e := h.lastEvent(); e.Plain["approver"] != "Eva" || e.Plain["reason"] != "battery" {
		t.Errorf("the event says %v", e.Plain)
	}
	h.verified()
}

// A crystal beyond all bounds is told as it was measured; what is predicted is not.
func TestFastCrystalIsToldAsMeasured(t *testing.T) {
	h := newDrawer(t, 2)
	h.seen(1, 0)
	h.clock.advance(100 * days)
	out := h.seen(1, ppm(70, 100*days))
	if c := out.Clock; c.RatePPM == nil || math.Abs(*c.RatePPM-70) > 5 || c.UsedPPM != 50 || c.JumpedAt != nil || c.SinceJump != 2 {
		t.Errorf("%+v", c)
	}
}
