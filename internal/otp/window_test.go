package otp_test

import (
	"testing"

	"fob/internal/otp"
	"fob/internal/token"
)

// reach measures a window from outside: how many steps either way of the centre
// the first of so many codes is still accepted, with the size that is reported.
func reach(t *testing.T, p token.Params, half float64, codes int, deep bool) (int64, int) {
	t.Helper()
	accepted := func(offset int64) (bool, int) {
		a := attempt(t, p, stepNow(p)+offset, stepNow(p)+offset+1)
		a.Entries, a.Deep = a.Entries[:codes], deep
		a.Prediction.HalfWidth = half
		r := check(t, a)
		return r.Accepted, r.StepsSearched
	}
	_, size := accepted(0)
	steps := int64(size-1) / 2
	for _, offset := range []int64{-steps, steps} {
		if ok, _ := accepted(offset); !ok {
			t.Errorf("%v, ±%g s, %d codes: %d steps off was refused", p, half, codes, offset)
		}
	}
	for _, offset := range []int64{-steps - 1, steps + 1} {
		if ok, _ := accepted(offset); ok {
			t.Errorf("%v, ±%g s, %d codes: %d steps off was accepted", p, half, codes, offset)
		}
	}
	return steps, size
}

func periodOf(seconds int) token.Params {
	p := totp30
	p.Period = seconds
	return p
}

// The windows for usual periods, how they are clipped, and periods
// that nobody planned for.
func TestOneCodeWindow(t *testing.T) {
	for _, c := range []struct {
		half   float64
		period int
		steps  int64
	}{
		{60, 30, 2}, {74, 30, 3}, {120, 30, 4}, {240, 30, 8}, // today, 7, 30, 90 days
		{60, 60, 1}, {74, 60, 2}, {120, 60, 2}, {240, 60, 4},
		{420, 30, 10}, {790, 30, 10}, {2250, 30, 10}, // clipped to 21 steps
		{420, 60, 7}, {790, 60, 10}, {2250, 60, 10},
		{2250, 120, 5}, {2250, 300, 2}, // clipped to ±10 minutes
		{2250, 900, 1}, {60, 3600, 1}, {2250, 3600, 1}, // never below one step
		{60, 10, 6}, {74, 10, 8}, {2250, 10, 10}, {60, 1, 10},
		{0, 30, 1}, {60.0001, 30, 3},
	} {
		steps, size := reach(t, periodOf(c.period), c.half, 1, false)
		if steps != c.steps || size != int(2*c.steps+1) {
			t.Errorf("±%g s at %d s: ±%d steps, %d in all, want ±%d", c.half, c.period, steps, size, c.steps)
		}
	}
}

func TestTwoCodeWindow(t *testing.T) {
	for _, c := range []struct {
		half   float64
		period int
		steps  int64
	}{
		{60, 30, 240}, {60, 60, 120}, // at least 2 h
		{7230, 30, 241}, {7201, 60, 121},
		{100_000, 60, 720}, // at most 12 h
		{100_000, 30, 994}, // or what the odds allow
		{60, 3600, 2}, {100_000, 3600, 12},
		{60, 420, 18}, {100_000, 420, 102}, // 12 h are 102.86 periods
	} {
		steps, _ := reach(t, periodOf(c.period), c.half, 2, false)
		if steps != c.steps {
			t.Errorf("±%g s at %d s: ±%d steps, want ±%d", c.half, c.period, steps, c.steps)
		}
	}
}

func TestDeepWindow(t *testing.T) {
	for period, want := range map[int]int64{30: 1680, 60: 840, 3600: 14, 5: 5489} {
		if steps, _ := reach(t, periodOf(period), 60, 2, true); steps != want {
			t.Errorf("%d s: ±%d steps, want ±%d", period, steps, want)
		}
	}
	// One code is not searched wider, however deep: it would pass by chance.
	if steps, _ := reach(t, totp30, 60, 1, true); steps != 2 {
		t.Errorf("one code, deep: ±%d steps", steps)
	}
}

// The centre is where drift moves it, to the fraction of a second.
func TestWindowCentre(t *testing.T) {
	for drift, centre := range map[float64]int64{0: 0, 29.9: 0, 30: 1, -0.1: -1, -30: -1, -30.1: -2, -18_000: -600} {
		for _, c := range []struct {
			offset   int64
			accepted bool
		}{{-3, false}, {-2, true}, {2, true}, {3, false}} {
			a := attempt(t, totp30, stepNow(totp30)+centre+c.offset)
			a.Prediction.Centre = drift
			if r := check(t, a); r.Accepted != c.accepted {
				t.Errorf("drift %g, %d steps off the centre: %+v", drift, c.offset, r)
			}
		}
	}
}

func TestHOTPWindow(t *testing.T) {
	for _, c := range []struct {
		codes int
		deep  bool
		ahead int64
	}{{1, false, 10}, {1, true, 10}, {2, false, 100}, {2, true, 10_000}} {
		for _, offset := range []int64{-1, 0, c.ahead, c.ahead + 1} {
			a := attempt(t, hotp6, 500+offset, 501+offset)
			a.Entries, a.Deep, a.Counter, a.Watermark = a.Entries[:c.codes], c.deep, 3, token.MarkAt(499)
			r := check(t, a)
			if want := offset >= 0 && offset <= c.ahead; r.Accepted != want {
				t.Errorf("%d codes, deep %v, %d ahead: %+v", c.codes, c.deep, offset, r)
			}
			if r.Accepted && (r.Offset != offset || r.First != 500+offset || r.Drift != 0) {
				t.Errorf("%d codes, %d ahead: %+v", c.codes, offset, r)
			}
			if r.StepsSearched != int(c.ahead)+1 {
				t.Errorf("%d codes: %d searched", c.codes, r.StepsSearched)
			}
		}
	}
}

// Without a watermark the record's counter is the first expected.
func TestHOTPFirstCounter(t *testing.T) {
	for counter, ok := range map[int64]bool{6: false, 7: true, 17: true, 18: false} {
		a := attempt(t, hotp6, counter)
		a.Counter = 7
		if r := check(t, a); r.Accepted != ok {
			t.Errorf("counter %d: %+v", counter, r)
		}
	}
}

// Steps below 0 do not exist; a window that reaches there is cut.
func TestWindowAtT0(t *testing.T) {
	p := totp30
	p.T0 = now.Unix() - 30 // now is the beginning of step 1
	a := attempt(t, p, 0)
	if r := mustAccept(t, a, 0, 0); r.StepsSearched != 4 {
		t.Errorf("%d steps searched, want 0 to 3", r.StepsSearched)
	}
	p.T0 = now.Unix() + 3600 // T0 is an hour ahead: there is nothing to search
	a = attempt(t, p, 0)
	if r := mustRefuse(t, a, otp.WrongCode); r.StepsSearched != 0 {
		t.Errorf("%d steps searched before T0", r.StepsSearched)
	}
}

func TestWantsTwo(t *testing.T) {
	for _, c := range []struct {
		p    token.Params
		half float64
		want bool
	}{
		{totp30, 300, false}, {totp30, 301, true}, {totp30, 2250, true},
		{totp60, 600, false}, {totp60, 601, true},
		{periodOf(120), 600, false}, {periodOf(120), 601, true},
		{periodOf(3600), 600, false}, {hotp6, 2250, false},
	} {
		if got := (otp.Prediction{HalfWidth: c.half}).WantsTwo(c.p, otp.Caps{}); got != c.want {
			t.Errorf("%v ±%g s: %v", c.p, c.half, got)
		}
	}
}
