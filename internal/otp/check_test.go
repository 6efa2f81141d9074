package otp_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

func TestAcceptOneCode(t *testing.T) {
	a := attempt(t, totp30, stepNow(totp30)-2)
	a.Entries[0].At = now.Add(4 * time.Second)
	r := mustAccept(t, a, stepNow(totp30)-2, stepNow(totp30)-2)
	// The middle of the step is 60 − 15 s before now, typed 4 s after it.
	if r.Offset != -2 || r.Drift != -49 || r.StepsSearched != 5 {
		t.Errorf("got %+v", r)
	}
}

// Drift comes from the last entry, the offset from the first.
func TestAcceptPair(t *testing.T) {
	s := stepNow(totp30) - 100
	a := attempt(t, totp30, s, s+1)
	a.Entries[1].At = now.Add(40 * time.Second)
	r := mustAccept(t, a, s, s+1)
	if r.Offset != -100 || r.Drift != -(99*30-15)-40 || r.StepsSearched != 481 {
		t.Errorf("got %+v", r)
	}
}

// The offset is against our clock, not against the prediction.
func TestOffsetIsAgainstOurClock(t *testing.T) {
	s := stepNow(totp30) - 600
	a := attempt(t, totp30, s)
	a.Prediction.Centre = -18_000
	if r := mustAccept(t, a, s, s); r.Offset != -600 || r.Drift != -17_985 {
		t.Errorf("got %+v", r)
	}
}

func TestLeadingZerosCount(t *testing.T) {
	for step := stepNow(totp30); ; step++ {
		code := at(t, totp30, seedOf(rfcSeed), step)
		if code[0] != '0' {
			continue
		}
		a := attempt(t, totp30, step)
		a.Entries[0].At = time.Unix(step*30, 0)
		mustAccept(t, a, step, step)
		return
	}
}

// Found by a search: the RFC's seed shows 769717 at both steps.
const (
	twinEarly = 56_295_193
	twinLate  = 56_295_195
)

func twins(t *testing.T, centre int64) otp.Attempt {
	t.Helper()
	a := attempt(t, totp30, twinEarly)
	if a.Entries[0].Code != at(t, totp30, a.Seed, twinLate) {
		t.Fatal("the twins differ")
	}
	a.Entries[0].At = time.Unix(centre*30, 0)
	return a
}

func TestNearestMatchCounts(t *testing.T) {
	mustAccept(t, twins(t, twinEarly), twinEarly, twinEarly)
	mustAccept(t, twins(t, twinLate), twinLate, twinLate)
}

func TestTieGoesToTheLater(t *testing.T) {
	mustAccept(t, twins(t, twinEarly+1), twinLate, twinLate)
}

// A used match does not stand in the way of an unused one, be it nearer.
func TestUsedMatchIsPassedOver(t *testing.T) {
	a := twins(t, twinEarly)
	a.Watermark = token.MarkAt(twinEarly)
	mustAccept(t, a, twinLate, twinLate)
	a.Watermark = token.MarkAt(twinLate)
	mustRefuse(t, a, otp.AlreadyUsed)
}

func TestWatermark(t *testing.T) {
	s := stepNow(totp30)
	for _, c := range []struct {
		mark  token.Mark
		one   bool
		two   bool
		words string
	}{
		{token.Mark{}, true, true, ""},
		{token.Mark{Step: s + 5}, true, true, ""}, // not known: the number means nothing
		{token.MarkAt(s - 1), true, true, ""},
		{token.MarkAt(s), false, false, "the first of these codes was already used"},
		{token.MarkAt(s + 1), false, false, "these codes, or newer ones"},
		{token.MarkAt(s + 1000), false, false, "these codes, or newer ones"},
	} {
		one, two := attempt(t, totp30, s), attempt(t, totp30, s, s+1)
		one.Watermark, two.Watermark = c.mark, c.mark
		if r := check(t, one); r.Accepted != c.one || (!c.one && r.Reason != otp.AlreadyUsed) {
			t.Errorf("mark %+v, one code: %+v", c.mark, r)
		}
		if c.two {
			mustAccept(t, two, s, s+1)
		} else {
			mustRefuse(t, two, otp.AlreadyUsed, c.words)
		}
	}
}

// Neither code of a pair helps the other, wherever the matching one lies.
func TestPairNeedsBoth(t *testing.T) {
	s := stepNow(totp30)
	wrong := at(t, totp30, seedOf("another seed of ours"), s)
	for offset := int64(-240); offset <= 240; offset += 40 {
		for which := range 2 {
			a := attempt(t, totp30, s+offset, s+offset+1)
			a.Entries[which].Code = wrong
			mustRefuse(t, a, otp.WrongCode)
		}
	}
}

// In a conversation the second code may be the step that the time between the
// entries implies, give or take the 25 s that people take to type.
func TestPacedPairs(t *testing.T) {
	s := stepNow(totp30)
	for _, c := range []struct {
		p     token.Params
		paced bool
		after float64 // seconds
		gaps  [5]bool // gap 1 to 5 accepted
	}{
		{totp30, false, 75, [5]bool{true}},
		{totp30, true, 0, [5]bool{true}},
		{totp30, true, -60, [5]bool{true}},
		{totp30, true, 5, [5]bool{true}},
		{totp30, true, 30, [5]bool{true, true}},
		{totp30, true, 35, [5]bool{true, true}},
		{totp30, true, 60, [5]bool{true, true, true}},
		{totp30, true, 84, [5]bool{true, true, true}}, // (84 − 25) / 30 = 1.97
		{totp30, true, 115, [5]bool{true, false, true}},
		{totp30, true, 144, [5]bool{true, false, true}},
		{totp30, true, 145, [5]bool{true}}, // four steps at least
		{totp30, true, 600, [5]bool{true}},
		{totp60, true, 30, [5]bool{true}},
		{totp60, true, 40, [5]bool{true, true}},
		{totp60, true, 120, [5]bool{true, true, true}},
	} {
		for i, want := range c.gaps {
			gap := int64(i + 1)
			s := s * 30 / int64(c.p.Period)
			a := attempt(t, c.p, s, s+gap)
			a.Paced = c.paced
			a.Entries[1].At = now.Add(time.Duration(c.after * float64(time.Second)))
			r := check(t, a)
			if r.Accepted != want || (!want && r.Reason != otp.NotConsecutive) {
				t.Errorf("%d s, paced %v, %g s between, %d steps: %+v", c.p.Period, c.paced, c.after, gap, r)
			}
			if want && (r.First != s || r.Last != s+gap) {
				t.Errorf("%d steps: matched %d and %d", gap, r.First, r.Last)
			}
		}
	}
}

// A button can be pressed too often: for HOTP time between entries means
// nothing.
func TestPacedHOTP(t *testing.T) {
	a := attempt(t, hotp6, 5, 7)
	a.Paced = true
	a.Entries[1].At = now.Add(time.Minute)
	mustRefuse(t, a, otp.NotConsecutive, "2 presses of the button after")
}

// HOTP needs no times.
func TestHOTPWithoutTimes(t *testing.T) {
	a := attempt(t, hotp6, 5, 6)
	a.Entries[0].At, a.Entries[1].At = time.Time{}, time.Time{}
	mustAccept(t, a, 5, 6)
	a = attempt(t, hotp6, 5, 6)
	a.Seed = seedOf("another seed of ours")
	a.Entries[0].At, a.Entries[1].At = time.Time{}, time.Time{}
	mustRefuse(t, a, otp.WrongCode)
}

// Whatever parameters a token may have, its codes can be checked and used up, a
// counter's to the last one there is.
func TestCheckAtTheLimits(t *testing.T) {
	const last = token.MaxCounter
	for _, deep := range []bool{false, true} {
		a := attempt(t, hotp6, last-1, last)
		a.Deep, a.Counter = deep, last-3
		mustAccept(t, a, last-1, last)
		a.Watermark = token.MarkAt(last - 1)
		mustRefuse(t, a, otp.AlreadyUsed, "the first of these codes was already used")
		for _, counter := range []int64{last, last - 1, last - 2, last - 9, last - 10, last - 11} {
			a = attempt(t, hotp6, last)
			a.Deep, a.Counter = deep, counter
			if counter < last-10 {
				mustRefuse(t, a, otp.WrongCode)
				continue
			}
			mustAccept(t, a, last, last)
		}
		a = attempt(t, hotp6, last-2, last-1)
		a.Deep, a.Counter = deep, last-1
		mustRefuse(t, a, otp.WrongCode)
		a = attempt(t, hotp6, last, last-1)
		a.Deep, a.Counter = deep, last-2
		mustRefuse(t, a, otp.WrongOrder)
		a = attempt(t, hotp6, last-4, last)
		a.Deep, a.Counter = deep, last-5
		mustRefuse(t, a, otp.NotConsecutive, "4 presses of the button after")
		for _, counter := range []int64{last, last - 1} { // no pair is left, or one that does not match
			a = attempt(t, hotp6, 17, 18)
			a.Deep, a.Counter = deep, counter
			mustRefuse(t, a, otp.WrongParameters, "with a counter near 0")
		}
	}
	for _, t0 := range []int64{token.MinT0, token.MaxT0} {
		p := totp30
		p.T0 = t0
		if s := stepNow(p); s > 0 {
			mustAccept(t, attempt(t, p, s, s+1), s, s+1)
			continue
		}
		a := attempt(t, totp30, stepNow(totp30), stepNow(totp30)+1)
		if a.Params = p; check(t, a).Accepted {
			t.Error("a token that does not count yet shows a code")
		}
	}
}

func TestCheckErrors(t *testing.T) {
	good := func() otp.Attempt { return attempt(t, totp30, stepNow(totp30), stepNow(totp30)+1) }
	for name, spoil := range map[string]func(*otp.Attempt){
		"no code":              func(a *otp.Attempt) { a.Entries = nil },
		"three codes":          func(a *otp.Attempt) { a.Entries = append(a.Entries, a.Entries[0]) },
		"short code":           func(a *otp.Attempt) { a.Entries[1].Code = "12345" },
		"unparsed code":        func(a *otp.Attempt) { a.Entries[1].Code = "123 456" },
		"letters":              func(a *otp.Attempt) { a.Entries[1].Code = "12345O" },
		"no time":              func(a *otp.Attempt) { a.Entries[1].At = time.Time{} },
		"far future":           func(a *otp.Attempt) { a.Entries[0].At = time.Unix(1<<60, 0) },
		"empty seed":           func(a *otp.Attempt) { a.Seed = token.Seed{} },
		"bad parameters":       func(a *otp.Attempt) { a.Params.Hash = "md5" },
		"negative counter":     func(a *otp.Attempt) { a.Counter = -1 },
		"a T0 before year 1":   func(a *otp.Attempt) { a.Params.T0 = token.MinT0 - 1 },
		"a T0 past year 9999":  func(a *otp.Attempt) { a.Params.T0 = token.MaxT0 + 1 },
		"last counter used":    func(a *otp.Attempt) { a.Params, a.Watermark = hotp6, token.MarkAt(token.MaxCounter) },
		"huge watermark":       func(a *otp.Attempt) { a.Watermark = token.MarkAt(math.MaxInt64) },
		"negative watermark":   func(a *otp.Attempt) { a.Watermark = token.MarkAt(-2) },
		"huge T0":              func(a *otp.Attempt) { a.Params.T0 = math.MinInt64 },
		"no number":            func(a *otp.Attempt) { a.Prediction.Centre = math.NaN() },
		"infinite drift":       func(a *otp.Attempt) { a.Prediction.Centre = math.Inf(-1) },
		"infinite half-width":  func(a *otp.Attempt) { a.Prediction.HalfWidth = math.Inf(1) },
		"half-width no number": func(a *otp.Attempt) { a.Prediction.HalfWidth = math.NaN() },
		"negative half-width":  func(a *otp.Attempt) { a.Prediction.HalfWidth = -1 },
	} {
		a := good()
		spoil(&a)
		r, err := otp.Check(a)
		if err == nil || !reflect.DeepEqual(r, otp.Result{}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if err != nil && fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: kind %v", name, fault.KindOf(err))
		}
	}
}
