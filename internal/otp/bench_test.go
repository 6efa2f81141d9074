package otp_test

import (
	"testing"

	"fob/internal/otp"
	"fob/internal/token"
)

func BenchmarkCheck(b *testing.B) {
	s := stepNow(totp30)
	sha512 := totp30
	sha512.Hash = token.SHA512
	for _, c := range []struct {
		name     string
		p        token.Params
		steps    []int64
		deep     bool
		stranger bool // the codes are another token's
	}{
		{"one", totp30, []int64{s}, false, false},
		{"two", totp30, []int64{s, s + 1}, false, false},
		{"deep", totp30, []int64{s - 600, s - 599}, true, false},
		{"deep-sha512", sha512, []int64{s - 600, s - 599}, true, false},
		{"hotp-deep", hotp6, []int64{9_000, 9_001}, true, false},
		{"one-refused", totp30, []int64{s}, false, true},
		{"two-refused", totp30, []int64{s, s + 1}, false, true},
		{"hotp-two-refused", hotp6, []int64{5, 6}, false, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			a := otp.Attempt{Params: c.p, Seed: seedOf(rfcSeed), Deep: c.deep, Prediction: otp.Prediction{HalfWidth: 74}}
			from := a.Seed
			if c.stranger {
				from = seedOf("another seed of ours")
			}
			for _, step := range c.steps {
				code, err := otp.At(c.p, from, step)
				if err != nil {
					b.Fatal(err)
				}
				a.Entries = append(a.Entries, otp.Entry{Code: code, At: now})
			}
			for b.Loop() {
				if r, err := otp.Check(a); err != nil || r.Accepted == c.stranger {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkFinder is what identify takes for one token, without its reading and
// opening.
func BenchmarkFinder(b *testing.B) {
	for _, h := range []token.Hash{token.SHA1, token.SHA256, token.SHA512} {
		p := totp30
		p.Hash = h
		c := otp.Candidate{Params: p, Seed: seedOf(rfcSeed), Prediction: otp.Prediction{HalfWidth: 60}}
		for name, wide := range map[string]bool{"21 steps": false, "the pair window": true} {
			f := finder(b, wide, "123456", "123457")
			b.Run(string(h)+", "+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := f.Find(c); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
