package otp_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// The usual token of these tests, with the seed of the RFCs' appendices.
var (
	totp30 = token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}
	totp60 = token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 60}
	hotp6  = token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6}
)

const rfcSeed = "12345678901234567890"

func seedOf(text string) token.Seed { return token.NewSeed([]byte(text)) }

// now is the first second of a 30 s step and of a 60 s step.
var now = time.Unix(1_700_000_040, 0)

func at(t *testing.T, p token.Params, seed token.Seed, step int64) string {
	t.Helper()
	code, err := otp.At(p, seed, step)
	if err != nil {
		t.Fatalf("At(%v, %d): %v", p, step, err)
	}
	return code
}

// attempt returns the codes of the steps as somebody types them at now, to be
// judged by a record with a prediction of ±60 s about zero.
func attempt(t *testing.T, p token.Params, steps ...int64) otp.Attempt {
	t.Helper()
	a := otp.Attempt{Params: p, Seed: seedOf(rfcSeed), Prediction: otp.Prediction{HalfWidth: 60}}
	for _, s := range steps {
		a.Entries = append(a.Entries, otp.Entry{Code: at(t, p, a.Seed, s), At: now})
	}
	return a
}

func check(t *testing.T, a otp.Attempt) otp.Result {
	t.Helper()
	r, err := otp.Check(a)
	if err != nil {
		t.Fatalf("Check: %v", err)
	}
	return r
}

func mustAccept(t *testing.T, a otp.Attempt, first, last int64) otp.Result {
	t.Helper()
	r := check(t, a)
	if !r.Accepted || r.First != first || r.Last != last || r.Reason != "" {
		t.Fatalf("got %+v, want steps %d and %d accepted", r, first, last)
	}
	return r
}

// mustRefuse demands a reason, words for both what and what next, containing
// each of want, and none of the codes.
func mustRefuse(t *testing.T, a otp.Attempt, reason otp.Reason, want ...string) otp.Result {
	t.Helper()
	r := check(t, a)
	if r.Accepted || r.Reason != reason {
		t.Fatalf("got %+v, want %s", r, reason)
	}
	if r.Msg == "" || r.Hint.IsZero() {
		t.Errorf("no words: %+v", r)
	}
	if (len(r.Fitting) > 0) != (reason == otp.WrongParameters) {
		t.Errorf("%s with %v", reason, r.Fitting)
	}
	if r.First != 0 || r.Last != 0 || r.Offset != 0 || r.Drift != 0 {
		t.Errorf("a refusal with a step or a drift: %+v", r)
	}
	for _, w := range want {
		if !strings.Contains(r.Msg+" | "+r.Hint.String()+" | "+fmt.Sprint(r.Fitting), w) {
			t.Errorf("%q is not in %q | %v | %s", w, r.Msg, r.Hint, fmt.Sprint(r.Fitting))
		}
	}
	for _, e := range a.Entries {
		if strings.Contains(r.Msg+r.Hint.String(), e.Code) {
			t.Errorf("a code is in %q | %q", r.Msg, r.Hint)
		}
	}
	return r
}

func stepNow(p token.Params) int64 { return otp.StepAt(p, now, 0) }

func randomSeed(r *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
