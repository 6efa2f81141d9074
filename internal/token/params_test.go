package token_test

import (
	"math"
	"testing"

	"fob/internal/token"
)

func TestLimitsOfT0AndCounter(t *testing.T) {
	for t0, good := range map[int64]bool{
		0: true, 946_684_800: true, token.MinT0: true, token.MaxT0: true,
		token.MinT0 - 1: false, token.MaxT0 + 1: false, 9_000_000_000_000_000_000: false, math.MinInt64: false,
	} {
		p := token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: t0}
		if err := p.Validate(); (err == nil) != good {
			t.Errorf("T0 %d: %v", t0, err)
		}
	}
	for n, good := range map[int64]bool{0: true, 1: true, 1 << 62: true, math.MaxInt64: true, -1: false, math.MinInt64: false} {
		if err := token.CheckCounter(n); (err == nil) != good {
			t.Errorf("counter %d: %v", n, err)
		}
	}
}
