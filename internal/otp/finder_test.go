package otp_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

func finder(t testing.TB, wide bool, codes ...string) *otp.Finder {
	t.Helper()
	f, err := otp.NewFinder(codes, now, wide)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func find(t testing.TB, f *otp.Finder, c otp.Candidate) (otp.Sighting, bool) {
	t.Helper()
	s, ok, err := f.Find(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

// The window is 10 steps either way of the token's centre, and where a pair of
// one token is searched if it is wide. Both parities of the place are met.
func TestFinderWindow(t *testing.T) {
	for _, c := range []struct {
		p       token.Params
		wide    bool
		centre  float64
		offset  int64 // against the centre
		visible bool
	}{
		{totp30, false, 0, -10, true}, {totp30, false, 0, -11, false},
		{totp30, false, 0, 10, true}, {totp30, false, 0, 11, false},
		{totp30, false, 0, 0, true}, {totp30, false, 0, 1, true},
		{totp30, false, -18_000, 10, true}, {totp30, false, -18_000, -10, true}, {totp30, false, -18_000, 11, false},
		{totp60, false, 0, -10, true}, {totp60, false, 0, 11, false},
		{totp30, true, 0, 240, true}, {totp30, true, 0, -240, true}, {totp30, true, 0, 241, false}, {totp30, true, 0, -241, false},
		{hotp6, false, 0, 0, true}, {hotp6, false, 0, 10, true}, {hotp6, false, 0, 11, false}, {hotp6, false, 0, -1, false},
		{hotp6, true, 0, 100, true}, {hotp6, true, 0, 99, true}, {hotp6, true, 0, 101, false},
	} {
		const next = 7
		candidate := otp.Candidate{Params: c.p, Seed: seedOf(rfcSeed), Next: next, Prediction: otp.Prediction{Centre: c.centre, HalfWidth: 60}}
		step, base := next+c.offset, int64(next)
		if c.p.Type == token.TOTP {
			step, base = otp.StepAt(c.p, now, c.centre)+c.offset, stepNow(c.p)
		}
		f := finder(t, c.wide, at(t, c.p, candidate.Seed, step), at(t, c.p, candidate.Seed, step+1))
		got, ok := find(t, f, candidate)
		if ok != c.visible || ok && (got.First != step || got.Offset != step-base) {
			t.Errorf("%v wide %v, %+d: found %v at %+v", c.p, c.wide, c.offset, ok, got)
		}
	}
}

// The counter has a last number, behind which nothing is looked for.
func TestFinderAtTheLastCounter(t *testing.T) {
	const last = token.MaxCounter
	seed := seedOf(rfcSeed)
	code := func(n int64) string { return at(t, hotp6, seed, n) }
	for _, wide := range []bool{false, true} {
		for next := int64(last - 12); ; next++ {
			c := otp.Candidate{Params: hotp6, Seed: seed, Next: next}
			if got, ok := find(t, finder(t, wide, code(last-1), code(last)), c); ok != (next < last && (wide || next >= last-11)) || ok && got.First != last-1 {
				t.Errorf("wide %v, from %d: %v at %+v", wide, next, ok, got)
			}
			if got, ok := find(t, finder(t, wide, code(last-2), code(last-1), code(last)), c); ok != (next < last-1 && (wide || next >= last-12)) || ok && got.First != last-2 {
				t.Errorf("three, wide %v, from %d: %v at %+v", wide, next, ok, got)
			}
			for _, codes := range [][]string{{code(last), code(0)}, {code(last - 1), code(last), code(0)}, {code(0), code(1)}} {
				if got, ok := find(t, finder(t, wide, codes...), c); ok {
					t.Errorf("wide %v, from %d: round the end at %+v", wide, next, got)
				}
			}
			if next == last {
				break
			}
		}
	}
}

// A token that shows one of the codes, or both in another order or further
// apart, is not the one.
func TestFinderWantsAllInARow(t *testing.T) {
	seed, s := seedOf(rfcSeed), stepNow(totp30)
	code := func(n int64) string { return at(t, totp30, seed, s+n) }
	candidate := otp.Candidate{Params: totp30, Seed: seed}
	for name, c := range map[string]struct {
		codes []string
		want  bool
	}{
		"a pair":                 {[]string{code(1), code(2)}, true},
		"three":                  {[]string{code(1), code(2), code(3)}, true},
		"the first alone":        {[]string{code(1), "000001"}, false},
		"the second alone":       {[]string{"000001", code(2)}, false},
		"the wrong order":        {[]string{code(2), code(1)}, false},
		"two apart":              {[]string{code(1), code(3)}, false},
		"the third of something": {[]string{code(1), code(2), "000001"}, false},
	} {
		if _, ok := find(t, finder(t, true, c.codes...), candidate); ok != c.want {
			t.Errorf("%s: %v", name, ok)
		}
	}
	eight := totp30
	eight.Digits = 8
	if _, ok := find(t, finder(t, true, code(0), code(1)), otp.Candidate{Params: eight, Seed: seed}); ok {
		t.Error("a token of 8 digits shows codes of 6")
	}
}

func TestFinderErrors(t *testing.T) {
	for name, codes := range map[string][]string{
		"no code": nil, "one code": {"123456"}, "four codes": {"123456", "123457", "123458", "123459"},
		"two lengths": {"123456", "1234567"}, "short": {"12345", "12346"}, "letters": {"12345O", "123456"}, "a sign": {"+12345", "123456"},
	} {
		if f, err := otp.NewFinder(codes, now, false); err == nil || f != nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := otp.NewFinder([]string{"123456", "123457"}, time.Time{}, false); err == nil {
		t.Error("no time")
	}
	f := finder(t, false, "123456", "123457")
	for name, c := range map[string]otp.Candidate{
		"no seed":           {Params: totp30},
		"no parameters":     {Seed: seedOf(rfcSeed)},
		"an unknown hash":   {Params: token.Params{Type: token.TOTP, Hash: "md5", Digits: 6, Period: 30}, Seed: seedOf(rfcSeed)},
		"a counter below 0": {Params: hotp6, Seed: seedOf(rfcSeed), Next: -1},
		"no number":         {Params: totp30, Seed: seedOf(rfcSeed), Prediction: otp.Prediction{Centre: math.NaN()}},
	} {
		if _, ok, err := f.Find(c); ok || fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

// FuzzFinder holds the prepared path, with its every second step, against the
// library at every step: of any hash, any length of seed, any number of digits.
func FuzzFinder(f *testing.F) {
	f.Add(uint64(1), int64(0), int64(1), false)
	f.Add(uint64(2), int64(-10), int64(1), false)
	f.Add(uint64(3), int64(10), int64(1), true)
	f.Add(uint64(4), int64(11), int64(-1), false)
	f.Add(uint64(5), int64(3), int64(2), true)
	f.Fuzz(func(t *testing.T, draw uint64, offset, gap int64, wide bool) {
		r := rand.New(rand.NewPCG(draw, 1))
		c := otp.Candidate{Params: randomParams(r), Seed: token.NewSeed(randomSeed(r, 1+r.IntN(token.MaxParsedSeed))), Next: r.Int64N(1000),
			Prediction: otp.Prediction{Centre: float64(r.IntN(7200) - 3600), HalfWidth: 60}}
		wide = wide && (c.Params.Type == token.HOTP || c.Params.Period >= 30) // below, the window has thousands of steps
		centre, lo, hi := c.Next, c.Next, c.Next+10
		if c.Params.Type == token.TOTP {
			centre = otp.StepAt(c.Params, now, c.Prediction.Centre)
			lo, hi = centre-10, centre+10
			if wide {
				reach := int64(math.Ceil(7200 / float64(c.Params.Period)))
				lo, hi = centre-reach, centre+reach
			}
		} else if wide {
			hi = c.Next + 100
		}
		if offset < -300 || offset > 300 || gap < -3 || gap > 3 || centre+offset-3 < 0 || lo < 0 {
			return
		}
		first, second := at(t, c.Params, c.Seed, centre+offset), at(t, c.Params, c.Seed, centre+offset+gap)
		best, found := int64(0), false
		for s := lo; s <= hi; s++ {
			if at(t, c.Params, c.Seed, s) != first || at(t, c.Params, c.Seed, s+1) != second {
				continue
			}
			if !found || max(s-centre, centre-s) <= max(best-centre, centre-best) {
				best, found = s, true
			}
		}
		got, ok := find(t, finder(t, wide, first, second), c)
		if ok != found || ok && got.First != best {
			t.Fatalf("%v, %d bytes, %+d %+d, wide %v: found %v at %d, the library says %v at %d", c.Params, c.Seed.Len(), offset, gap, wide, ok, got.First, found, best)
		}
	})
}

// One Finder serves all tokens, whatever their hashes and seeds: nothing of one
// is left for the next, and the seed itself stays as it is.
func TestFinderForgets(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	type shown struct {
		c    otp.Candidate
		step int64
	}
	var tokens []shown
	for len(tokens) < 50 {
		p := randomParams(r)
		p.Digits, p.Period, p.T0 = 6, 30*min(p.Period, 1), 0
		tokens = append(tokens, shown{otp.Candidate{Params: p, Seed: token.NewSeed(randomSeed(r, 1+r.IntN(200)))}, 0})
	}
	for i := range tokens {
		c := tokens[i].c
		step := int64(i % 9)
		if c.Params.Type == token.TOTP {
			step += stepNow(totp30)
		}
		f := finder(t, false, at(t, c.Params, c.Seed, step), at(t, c.Params, c.Seed, step+1))
		for j := range tokens {
			if _, ok := find(t, f, tokens[j].c); ok != (i == j) {
				t.Errorf("the codes of token %d, in token %d: %v", i, j, ok)
			}
		}
	}
}

// An attempt that is one of many gets the same answer, to the last word.
func FuzzManyAnswersTheSame(f *testing.F) {
	f.Add(uint64(1), int64(0), int64(1), int64(-1), 0.0, int64(30))
	f.Add(uint64(2), int64(-200), int64(1), int64(0), 50.0, int64(0))
	f.Add(uint64(3), int64(5), int64(3), int64(1), 61.5, int64(60))
	f.Add(uint64(9), int64(7), int64(1), int64(-3), 0.0, int64(0))
	f.Fuzz(func(t *testing.T, draw uint64, offset, gap, mark int64, centre float64, after int64) {
		a, ok := drawAttempt(draw, offset, gap, mark, centre, after)
		if !ok {
			return
		}
		one, oneErr := otp.Check(a)
		a.Many = true
		many, manyErr := otp.Check(a)
		if !reflect.DeepEqual(one, many) || (oneErr == nil) != (manyErr == nil) {
			t.Fatalf("%+v, %v\nof many: %+v, %v", one, oneErr, many, manyErr)
		}
	})
}
