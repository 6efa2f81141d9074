package otp_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// FuzzCheck draws an attempt from a random source and from numbers that the
// fuzzer may push: where the codes come from, where the watermark lies, how far
// the clock is off.
func FuzzCheck(f *testing.F) {
	f.Add(uint64(1), int64(0), int64(1), int64(-1), 0.0, int64(30))
	f.Add(uint64(2), int64(-600), int64(1), int64(-1), -18_000.0, int64(75))
	f.Add(uint64(3), int64(5), int64(3), int64(0), 61.5, int64(60))
	f.Add(uint64(4), int64(239), int64(-1), int64(7), 1e9, int64(-5))
	f.Fuzz(func(t *testing.T, draw uint64, offset, gap, mark int64, centre float64, after int64) {
		a, ok := drawAttempt(draw, offset, gap, mark, centre, after)
		if !ok {
			return
		}
		r, err := otp.Check(a)
		if err != nil {
			if fault.KindOf(err) != fault.Internal || !reflect.DeepEqual(r, otp.Result{}) {
				t.Fatalf("%+v, %v", r, err)
			}
			return
		}
		if r.Accepted {
			checkAccepted(t, a, r)
		} else {
			checkRefused(t, a, r)
		}
	})
}

// drawAttempt takes codes of the token itself, offset and gap steps away from
// the centre, so that some attempts succeed. Not ok: there is no such step.
func drawAttempt(draw uint64, offset, gap, mark int64, centre float64, after int64) (otp.Attempt, bool) {
	r := rand.New(rand.NewPCG(draw, 0))
	a := otp.Attempt{
		Params:     randomParams(r),
		Seed:       token.NewSeed(randomSeed(r, 16+r.IntN(49))),
		Paced:      r.IntN(2) == 0,
		Deep:       r.IntN(8) == 0,
		Counter:    r.Int64N(1000),
		Prediction: otp.Prediction{Centre: centre, HalfWidth: float64(r.IntN(4000))},
	}
	a.Params.Period = max(a.Params.Period, 10*min(a.Params.Period, 1)) // below 10 s it is slow
	step := a.Counter + offset
	if a.Params.Type == token.TOTP {
		step = otp.StepAt(a.Params, now, centre) + offset
	}
	if r.IntN(3) > 0 {
		a.Watermark = token.MarkAt(step + mark)
	}
	for i := range 1 + r.IntN(2) {
		code, err := otp.At(a.Params, a.Seed, step+int64(i)*gap)
		if err != nil {
			return a, false
		}
		later := time.Duration(int64(i)*(after%1000)) * time.Second
		a.Entries = append(a.Entries, otp.Entry{Code: code, At: now.Add(later)})
	}
	return a, true
}

func checkAccepted(t *testing.T, a otp.Attempt, r otp.Result) {
	t.Helper()
	first, last := a.Entries[0], a.Entries[len(a.Entries)-1]
	if at(t, a.Params, a.Seed, r.First) != first.Code || at(t, a.Params, a.Seed, r.Last) != last.Code {
		t.Fatalf("accepted codes that are not of steps %d and %d", r.First, r.Last)
	}
	if a.Watermark.Covers(r.First) || a.Watermark.Covers(r.Last) {
		t.Fatalf("accepted %d and %d under watermark %d", r.First, r.Last, a.Watermark.Step)
	}
	gap := r.Last - r.First
	if len(a.Entries) == 1 && gap != 0 || len(a.Entries) == 2 && (gap < 1 || gap > 3 || gap > 1 && !a.Paced) {
		t.Fatalf("accepted %d codes %d steps apart", len(a.Entries), gap)
	}
	if r.Reason != "" || r.Msg != "" || r.StepsSearched < 1 {
		t.Fatalf("accepted with %+v", r)
	}
	if len(a.Entries) == 1 && r.StepsSearched > 21 {
		t.Fatalf("one code in %d steps", r.StepsSearched)
	}
	if a.Params.Type == token.TOTP && r.Drift != otp.ObservedDrift(a.Params, r.Last, last.At) {
		t.Fatalf("a drift of %g", r.Drift)
	}
	if a.Params.Type == token.HOTP && r.Offset < 0 {
		t.Fatalf("accepted a counter %d", r.Offset)
	}
}

func checkRefused(t *testing.T, a otp.Attempt, r otp.Result) {
	t.Helper()
	if r.Reason == "" || r.Msg == "" || r.Hint.IsZero() || r.First != 0 || r.Last != 0 || r.Drift != 0 {
		t.Fatalf("refused with %+v", r)
	}
	if len(a.Entries) == 1 && r.Reason != otp.WrongCode && r.Reason != otp.AlreadyUsed {
		t.Fatalf("one code was told %s", r.Reason)
	}
	for _, e := range a.Entries {
		if strings.Contains(r.Msg+r.Hint.String(), e.Code) {
			t.Fatalf("a code is in %q, %q", r.Msg, r.Hint)
		}
	}
}
