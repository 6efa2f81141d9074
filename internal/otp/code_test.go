package otp_test

import (
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// RFC 4226, appendix D.
func TestRFC4226(t *testing.T) {
	want := []string{
		"755224", "287082", "359152", "969429", "338314",
		"254676", "287922", "162583", "399871", "520489",
	}
	for counter, code := range want {
		if got := at(t, hotp6, seedOf(rfcSeed), int64(counter)); got != code {
			t.Errorf("counter %d: %s, want %s", counter, got, code)
		}
	}
}

// RFC 6238, appendix B, with keys as long as the hash (erratum 2866).
func TestRFC6238(t *testing.T) {
	hashes := []struct {
		hash token.Hash
		seed string
	}{
		{token.SHA1, rfcSeed},
		{token.SHA256, strings.Repeat("1234567890", 4)[:32]},
		{token.SHA512, strings.Repeat("1234567890", 7)[:64]},
	}
	for _, v := range []struct {
		unix int64
		want [3]string
	}{
		{59, [3]string{"94287082", "46119246", "90693936"}},
		{1111111109, [3]string{"07081804", "68084774", "25091201"}},
		{1111111111, [3]string{"14050471", "67062674", "99943326"}},
		{1234567890, [3]string{"89005924", "91819424", "93441116"}},
		{2000000000, [3]string{"69279037", "90698825", "38618901"}},
		{20000000000, [3]string{"65353130", "77737706", "47863826"}},
	} {
		for i, h := range hashes {
			p := token.Params{Type: token.TOTP, Hash: h.hash, Digits: 8, Period: 30}
			if got := at(t, p, seedOf(h.seed), v.unix/30); got != v.want[i] {
				t.Errorf("%s at %d: %s, want %s", h.hash, v.unix, got, v.want[i])
			}
		}
	}
}

// What the library would turn into a code or a panic.
func TestAtRefuses(t *testing.T) {
	with := func(change func(*token.Params)) token.Params {
		p := totp30
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		p    token.Params
		seed token.Seed
		step int64
	}{
		"no seed":         {totp30, token.Seed{}, 1},
		"empty seed":      {totp30, seedOf(""), 1},
		"negative step":   {totp30, seedOf(rfcSeed), -1},
		"no digits":       {with(func(p *token.Params) { p.Digits = 0 }), seedOf(rfcSeed), 1},
		"negative digits": {with(func(p *token.Params) { p.Digits = -6 }), seedOf(rfcSeed), 1},
		"99 digits":       {with(func(p *token.Params) { p.Digits = 99 }), seedOf(rfcSeed), 1},
		"unknown hash":    {with(func(p *token.Params) { p.Hash = "md5" }), seedOf(rfcSeed), 1},
		"unknown type":    {with(func(p *token.Params) { p.Type = "" }), seedOf(rfcSeed), 1},
		"no period":       {with(func(p *token.Params) { p.Period = 0 }), seedOf(rfcSeed), 1},
	} {
		code, err := otp.At(c.p, c.seed, c.step)
		if err == nil || code != "" {
			t.Errorf("%s: got %q, %v", name, code, err)
		}
		if err != nil && fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: kind %v", name, fault.KindOf(err))
		}
	}
}

// A cleared seed must not compute the code of an empty key.
func TestAtClearedSeed(t *testing.T) {
	seed := seedOf(rfcSeed)
	seed.Clear()
	if _, err := otp.At(totp30, seed, 1); err == nil {
		t.Error("a code of a cleared seed")
	}
}

// Up to ten digits, of which the first can only be 0 to 2 (RFC 4226 section
// 5.3), all of them shown. The values are the 31 bits of appendix D.
func TestDigits(t *testing.T) {
	for digits, want := range map[int]string{7: "4755224", 8: "84755224", 9: "284755224", 10: "1284755224"} {
		p := hotp6
		p.Digits = digits
		if got := at(t, p, seedOf(rfcSeed), 0); got != want {
			t.Errorf("%d digits: %s, want %s", digits, got, want)
		}
	}
}
