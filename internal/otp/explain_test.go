package otp_test

import (
	"strings"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

func TestSameCodeTwice(t *testing.T) {
	s := stepNow(totp30)
	if r := mustRefuse(t, attempt(t, totp30, s, s), otp.SameCodeTwice, "wait until"); r.StepsSearched != 0 {
		t.Error("compared although the codes are the same")
	}
	mustRefuse(t, attempt(t, hotp6, 4, 4), otp.SameCodeTwice, "press the button")
	// Two steps in a row that show the same, 617002 (found by a search), prove no
	// more than one does.
	a := attempt(t, totp30, 56_188_870, 56_188_871)
	a.Entries[0].At = time.Unix(56_188_870*30, 0)
	mustRefuse(t, a, otp.SameCodeTwice)
}

func TestWrongCode(t *testing.T) {
	s := stepNow(totp30)
	mustRefuse(t, attempt(t, totp30, s+3), otp.WrongCode, "serial", "next code", "two codes")
	mustRefuse(t, attempt(t, hotp6, 11), otp.WrongCode, "serial", "press the button twice")
	pair := attempt(t, totp30, s, s+1)
	pair.Seed = seedOf("another seed of ours")
	mustRefuse(t, pair, otp.WrongCode, "serial")
	pair.Deep = true
	mustRefuse(t, pair, otp.WrongCode, "serial")
}

// One code is told neither about clocks nor about parameters.
func TestOneCodeGetsNoHints(t *testing.T) {
	s := stepNow(totp30)
	for name, a := range map[string]otp.Attempt{
		"slow clock":     attempt(t, totp30, s-600),
		"other period":   attempt(t, totp60, s/2),
		"counter ahead":  attempt(t, hotp6, 400),
		"another's type": attempt(t, hotp6, 4),
	} {
		if name != "counter ahead" {
			a.Params = totp30
		}
		if r := mustRefuse(t, a, otp.WrongCode); r.Msg != "the code does not match this token" {
			t.Errorf("%s: %q", name, r.Msg)
		}
	}
}

func TestAlreadyUsed(t *testing.T) {
	s := stepNow(totp30)
	one := attempt(t, totp30, s)
	one.Watermark = token.MarkAt(s)
	mustRefuse(t, one, otp.AlreadyUsed, "already used", "wait for the next code")

	// An HOTP window begins above the watermark: used codes lie below it.
	press := attempt(t, hotp6, 90)
	press.Watermark = token.MarkAt(99)
	mustRefuse(t, press, otp.AlreadyUsed, "already used", "press the button")
	press = attempt(t, hotp6, 89)
	press.Watermark = token.MarkAt(99)
	mustRefuse(t, press, otp.WrongCode)
	for first, words := range map[int64]string{99: "the first of these", 98: "these codes", 10: "these codes"} {
		presses := attempt(t, hotp6, first, first+1)
		presses.Watermark = token.MarkAt(99)
		mustRefuse(t, presses, otp.AlreadyUsed, words)
	}
	// Near zero there is less to look back at.
	presses := attempt(t, hotp6, 0, 1)
	presses.Watermark = token.MarkAt(2)
	mustRefuse(t, presses, otp.AlreadyUsed, "these codes")
}

// Codes written down hours ago are old, not slow, if newer ones were accepted
// since; a deep search would not take them.
func TestOldPairOutsideTheWindow(t *testing.T) {
	s := stepNow(totp30)
	a := attempt(t, totp30, s-600, s-599)
	a.Watermark = token.MarkAt(s - 1)
	mustRefuse(t, a, otp.AlreadyUsed)
	a.Deep = true
	mustRefuse(t, a, otp.AlreadyUsed)
}

func TestWrongOrder(t *testing.T) {
	s := stepNow(totp30)
	for _, offset := range []int64{-240, 0, 240} {
		mustRefuse(t, attempt(t, totp30, s+offset+1, s+offset), otp.WrongOrder, "wrong order", "fresh")
	}
	mustRefuse(t, attempt(t, hotp6, 5, 4), otp.WrongOrder)
	used := attempt(t, hotp6, 100, 99)
	used.Watermark = token.MarkAt(99)
	mustRefuse(t, used, otp.WrongOrder)
}

func TestNotConsecutive(t *testing.T) {
	s := stepNow(totp30)
	mustRefuse(t, attempt(t, totp30, s, s+2), otp.NotConsecutive, "2 steps (60 seconds) after", "fresh")
	mustRefuse(t, attempt(t, totp30, s, s+20), otp.NotConsecutive, "20 steps (10 minutes) after")
	mustRefuse(t, attempt(t, totp30, s, s-3), otp.NotConsecutive, "3 steps (90 seconds) before")
	mustRefuse(t, attempt(t, totp30, s, s+21), otp.WrongCode)
	mustRefuse(t, attempt(t, totp30, s+230, s+241), otp.WrongCode) // the second lies outside
	mustRefuse(t, attempt(t, hotp6, 4, 8), otp.NotConsecutive, "4 presses of the button after")
}

func TestOutOfWindow(t *testing.T) {
	s := stepNow(totp30)
	slow := attempt(t, totp30, s-600, s-599)
	mustRefuse(t, slow, otp.OutOfWindow, "right token", "its clock is 5 hours slow", "2 hours either side", "deep", "approved by", "reason")
	slow.Deep = true
	mustAccept(t, slow, s-600, s-599)

	mustRefuse(t, attempt(t, totp30, s+400, s+401), otp.OutOfWindow, "3 hours 20 minutes fast")
	mustRefuse(t, attempt(t, totp30, s-1680, s-1679), otp.OutOfWindow, "14 hours slow")
	mustRefuse(t, attempt(t, totp30, s-1681, s-1680), otp.WrongCode)

	// Behind a deep search a clock that is days off is called so; so far no code counts.
	broken := attempt(t, totp30, s-3*2880, s-3*2880+1)
	mustRefuse(t, broken, otp.WrongCode)
	broken.Deep = true
	mustRefuse(t, broken, otp.OutOfWindow, "right token, but its clock is 3 days slow", "no search goes further than 14 hours", "another token")
	broken = attempt(t, totp30, s+2880*5/2, s+2880*5/2+1)
	broken.Deep = true
	mustRefuse(t, broken, otp.OutOfWindow, "its clock is 2 days 12 hours fast")
	broken = attempt(t, totp30, s-15*2880, s-15*2880+1)
	broken.Deep = true
	mustRefuse(t, broken, otp.WrongCode)

	// The record says five hours slow, and the clock is right.
	right := attempt(t, totp30, s, s+1)
	right.Prediction.Centre = -18_000
	mustRefuse(t, right, otp.OutOfWindow, "its clock agrees with ours")
}

// A pair across the edge of the window is outside it, and found.
func TestPairAcrossTheEdge(t *testing.T) {
	s := stepNow(totp30)
	mustRefuse(t, attempt(t, totp30, s-241, s-240), otp.OutOfWindow, "2 hours slow")
	mustAccept(t, attempt(t, totp30, s+240, s+241), s+240, s+241)
	mustRefuse(t, attempt(t, totp30, s+241, s+242), otp.OutOfWindow, "2 hours fast")
}

func TestCounterOutOfWindow(t *testing.T) {
	far := attempt(t, hotp6, 10_100, 10_101)
	far.Watermark = token.MarkAt(99)
	mustRefuse(t, far, otp.OutOfWindow, "right token", "counter is 10000 ahead", "only 100 are searched", "deep")
	far.Deep = true
	mustAccept(t, far, 10_100, 10_101)
	farther := attempt(t, hotp6, 10_101, 10_102)
	farther.Watermark = token.MarkAt(99)
	mustRefuse(t, farther, otp.WrongCode)
}

func TestWrongParameters(t *testing.T) {
	totp := func(hash token.Hash, period int, t0 int64) token.Params {
		return token.Params{Type: token.TOTP, Hash: hash, Digits: 6, Period: period, T0: t0}
	}
	hotp := func(hash token.Hash) token.Params {
		return token.Params{Type: token.HOTP, Hash: hash, Digits: 6}
	}
	const y2000 = 946_684_800
	for _, c := range []struct {
		record, real token.Params
		says         []string
	}{
		{totp30, totp60, []string{"fit this seed with a period of 60 s", "the record says totp sha1 6 digits 30 s", "imported with wrong parameters", "period 60"}},
		{totp60, totp30, []string{"with a period of 30 s", "period 30"}},
		{totp(token.SHA1, 90, 0), totp30, []string{"with a period of 30 s"}},
		{totp30, totp(token.SHA256, 30, 0), []string{"with hash sha256", "hash sha256"}},
		{totp(token.SHA512, 30, 0), totp30, []string{"with hash sha1"}},
		{totp30, totp(token.SHA512, 60, 0), []string{"with a period of 60 s and hash sha512", "period 60 hash sha512"}},
		{totp30, totp(token.SHA1, 30, y2000), []string{"with a T0 of 2000-01-01T00:00:00Z", "t0 2000-01-01T00:00:00Z"}},
		{totp(token.SHA1, 30, y2000), totp30, []string{"with a T0 of 1970-01-01T00:00:00Z"}},
		{totp(token.SHA1, 30, 77), totp(token.SHA1, 30, y2000), []string{"with a T0 of 2000-01-01T00:00:00Z"}},
		{hotp6, totp30, []string{"with type totp and a period of 30 s", "type totp period 30"}},
		{hotp6, totp(token.SHA256, 60, 0), []string{"type totp and a period of 60 s and hash sha256"}},
		{hotp6, hotp(token.SHA256), []string{"with hash sha256"}},
		{totp30, hotp6, []string{"with type hotp;", "type hotp"}},
		{totp(token.SHA1, 60, y2000), hotp(token.SHA512), []string{"with type hotp and hash sha512;"}},
	} {
		s := int64(99)
		if c.real.Type == token.TOTP {
			s = otp.StepAt(c.real, now, 0)
		}
		a := attempt(t, c.real, s, s+1)
		a.Params = c.record
		mustRefuse(t, a, otp.WrongParameters, c.says...)
	}
}

// Other parameters are searched ±2 h about the prediction, or 100 counters.
func TestWrongParametersWindow(t *testing.T) {
	s := stepNow(totp60)
	for offset, reason := range map[int64]otp.Reason{
		-121: otp.WrongCode, -120: otp.WrongParameters, 120: otp.WrongParameters, 121: otp.WrongCode,
	} {
		a := attempt(t, totp60, s+offset, s+offset+1)
		a.Params = totp30
		mustRefuse(t, a, reason)
	}
	for counter, reason := range map[int64]otp.Reason{0: otp.WrongParameters, 99: otp.WrongParameters, 100: otp.WrongCode} {
		a := attempt(t, hotp6, counter, counter+1)
		a.Params = totp30
		mustRefuse(t, a, reason)
	}
}

// A watermark counts steps of the record's parameters: it does not hide that
// others fit.
func TestWrongParametersDespiteWatermark(t *testing.T) {
	a := attempt(t, totp60, stepNow(totp60), stepNow(totp60)+1)
	a.Params = totp30
	a.Watermark = token.MarkAt(stepNow(totp30))
	mustRefuse(t, a, otp.WrongParameters)
}

// A pair at the pace of the other period is recognised too.
func TestWrongParametersPaced(t *testing.T) {
	a := attempt(t, totp30, stepNow(totp30), stepNow(totp30)+3)
	a.Params = totp60
	a.Paced = true
	a.Entries[1].At = now.Add(70 * time.Second)
	mustRefuse(t, a, otp.WrongParameters, "period of 30 s")
}

func TestWrongCounter(t *testing.T) {
	a := attempt(t, hotp6, 3, 4)
	a.Counter = 1000
	mustRefuse(t, a, otp.WrongParameters, "begins at 1000", "counter 0")
	a.Watermark = token.MarkAt(1005)
	mustRefuse(t, a, otp.WrongCode)
}

// Codes that are longer than the record says fit the seed all the same.
func TestOtherDigits(t *testing.T) {
	totp := func(digits, period int) token.Params {
		return token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: digits, Period: period}
	}
	for _, c := range []struct {
		record, real token.Params
		says         string
	}{
		{totp30, totp(8, 30), "these codes fit this seed with 8 digits; the record says totp sha1 6 digits 30 s"},
		{totp(8, 30), totp30, "with 6 digits;"},
		{totp30, totp(8, 60), "with 8 digits and a period of 60 s;"},
		{totp30, token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 8}, "with 8 digits and type hotp;"},
		{totp30, token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 8, Period: 45}, ""},
	} {
		s := int64(99)
		if c.real.Type == token.TOTP {
			s = otp.StepAt(c.real, now, 0)
		}
		a := attempt(t, c.real, s, s+1)
		a.Params = c.record
		r, err := otp.OtherDigits(a, c.real.Digits)
		if err != nil || c.says == "" != (r.Reason == "") || !strings.Contains(r.Msg, c.says) {
			t.Errorf("%+v as %+v: %q, %v", c.real, c.record, r.Msg, err)
		}
	}
	one := attempt(t, totp(8, 30), stepNow(totp30))
	one.Params = totp30
	if r, err := otp.OtherDigits(one, 8); err != nil || r.Reason != "" {
		t.Errorf("one code: %q, %v", r.Msg, err)
	}
}
