package otp

import (
	"encoding/base32"
	"testing"
	"time"

	"github.com/pquerna/otp/hotp"

	"fob/internal/token"
)

// dayLong is a generator for periods that no token on record may have: the window
// functions hold beyond what an import lets in.
func dayLong(seed string) generator {
	return generator{secret: base32.StdEncoding.EncodeToString([]byte(seed)), opts: hotp.ValidateOpts{Digits: 6}}
}

// Codes at the edges of steps, in every period, epoch, hash and length, at times
// that computers have trouble with: what a clock shows is found where it is, and
// what it shows beyond the window is not.
func TestEdges(t *testing.T) {
	const y2000 = 946_684_800
	seed := "12345678901234567890"
	for name, c := range map[string]struct {
		p  token.Params
		at time.Time
	}{
		"T0 of 2000":           {token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: y2000}, today},
		"ten digits":           {token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 10, Period: 30}, today},
		"SHA-512":              {token.Params{Type: token.TOTP, Hash: token.SHA512, Digits: 8, Period: 30}, today},
		"60 s":                 {totp(60), today},
		"an hour":              {totp(3600), today},
		"24 h":                 {totp(86_400), today},
		"24 h, T0 of 2000":     {token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 86_400, T0: y2000}, today},
		"before 1970":          {token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: -10_000_000}, time.Unix(-86_400, 0)},
		"the second of 2038":   {totp(30), time.Unix(1<<31, 0)},
		"after 2038":           {totp(30), time.Unix(1<<31+12_345_678, 0)},
		"after 2106":           {totp(30), time.Unix(1<<32+17, 0)},
		"the year 9999":        {totp(30), time.Unix(latest-86_400, 0)},
		"a leap second, 2016":  {totp(30), time.Date(2016, 12, 31, 23, 59, 60, 0, time.UTC)},
		"a leap second, 2012":  {totp(60), time.Date(2012, 6, 30, 23, 59, 60, 500e6, time.UTC)},
		"the epoch's own step": {token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: y2000}, time.Unix(y2000+15, 0)},
	} {
		gen := coder(dayLong(seed))
		if c.p.Period <= token.MaxPeriod {
			g, err := newGenerator(c.p, token.NewSeed([]byte(seed)))
			if err != nil {
				t.Fatal(err)
			}
			gen = g
		}
		begin := time.Unix(StepAt(c.p, c.at, 0)*int64(c.p.Period)+c.p.T0, 0)
		for _, into := range []time.Duration{0, time.Nanosecond, time.Second, time.Duration(c.p.Period)*time.Second - time.Nanosecond} {
			edge(t, name, c.p, gen, begin.Add(into))
		}
	}
}

// edge types, at one moment, the codes about the step that the moment is in.
func edge(t *testing.T, name string, p token.Params, gen coder, at time.Time) {
	t.Helper()
	here := StepAt(p, at, 0)
	a := Attempt{Params: p, Prediction: Prediction{HalfWidth: 60}}
	reach := oneCodeReach(p.Period, 60)
	for _, c := range []struct {
		steps []int64
		ok    bool
	}{
		{[]int64{here}, true}, {[]int64{here - reach}, true}, {[]int64{here + reach}, true},
		{[]int64{here - reach - 1}, false}, {[]int64{here + reach + 1}, false},
		{[]int64{here, here + 1}, true}, {[]int64{here + 1, here}, false}, {[]int64{here, here + 2}, false},
	} {
		a.Entries = nil
		there := true
		for _, s := range c.steps {
			code, err := gen.code(s)
			there = there && err == nil // no step lies before the epoch
			a.Entries = append(a.Entries, Entry{code, at})
		}
		if !there {
			continue
		}
		m, ok, err := newSearch(a, gen).match()
		if err != nil || ok != c.ok || ok && (m.first != c.steps[0] || m.last != c.steps[len(c.steps)-1]) {
			t.Errorf("%s at %s: steps %d about %d: %+v, %v, %v", name, at.UTC(), c.steps, here, m, ok, err)
		}
	}
}

// Before its epoch a token shows nothing, and nothing is accepted.
func TestBeforeTheEpoch(t *testing.T) {
	for _, p := range []token.Params{totp(30), {Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: 946_684_800}} {
		a := Attempt{Params: p, Seed: token.NewSeed([]byte("12345678901234567890")), Entries: []Entry{{"755224", time.Unix(p.T0-7200*2, 0)}}}
		if r, err := Check(a); err != nil || r.Accepted || r.StepsSearched != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
