package otp_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"fob/internal/token"
)

// oathtool is the peer that codes are compared with. Without it the test fails,
// lest it be forgotten, unless FOB_NO_PEERS=1 says that this is known.
func oathtool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("oathtool")
	if err == nil {
		return path
	}
	if os.Getenv("FOB_NO_PEERS") == "1" {
		t.Log("oathtool is missing and FOB_NO_PEERS=1: not compared")
		t.SkipNow()
	}
	t.Fatal("oathtool is missing: apt-get install oathtool (or set FOB_NO_PEERS=1)")
	return ""
}

// peerCodes asks oathtool for n codes from a step on. The key goes through
// standard input, as it does not belong on a command line.
func peerCodes(t *testing.T, tool string, p token.Params, seed []byte, step int64, n int) []string {
	t.Helper()
	args := []string{"-d", fmt.Sprint(p.Digits), "-w", fmt.Sprint(n - 1)}
	if p.Type == token.HOTP {
		args = append(args, "-c", fmt.Sprint(step))
	} else {
		args = append(args,
			"--totp="+strings.ToUpper(string(p.Hash)),
			"-s", fmt.Sprintf("%ds", p.Period),
			"-S", time.Unix(p.T0, 0).UTC().Format("2006-01-02 15:04:05 UTC"),
			"-N", fmt.Sprintf("@%d", p.T0+step*int64(p.Period)))
	}
	cmd := exec.CommandContext(t.Context(), tool, append(args, "-")...)
	cmd.Stdin = strings.NewReader(hex.EncodeToString(seed) + "\n")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("oathtool %v: %v", args, err)
	}
	return strings.Fields(string(out))
}

// randomParams draws what oathtool knows: 6 to 8 digits, HOTP with SHA-1 only.
func randomParams(r *rand.Rand) token.Params {
	p := token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6 + r.IntN(3)}
	if r.IntN(4) == 0 {
		return p
	}
	p.Type = token.TOTP
	p.Hash = []token.Hash{token.SHA1, token.SHA256, token.SHA512}[r.IntN(3)]
	p.Period = []int{30, 60, 1 + r.IntN(token.MaxPeriod)}[r.IntN(3)]
	p.T0 = []int64{0, 946_684_800, r.Int64N(1_700_000_000)}[r.IntN(3)]
	return p
}

func TestAgainstOathtool(t *testing.T) {
	tool := oathtool(t)
	r := rand.New(rand.NewPCG(1, 2))
	const calls, codes = 200, 100
	for range calls {
		p := randomParams(r)
		seed := randomSeed(r, token.MinShortSeedLen+r.IntN(token.MaxParsedSeed-token.MinShortSeedLen+1))
		step := r.Int64N(2_000_000_000)
		if p.Type == token.TOTP {
			step /= int64(p.Period)
		}
		peer := peerCodes(t, tool, p, seed, step, codes)
		if len(peer) != codes {
			t.Fatalf("oathtool gave %d codes for %v", len(peer), p)
		}
		for i, want := range peer {
			if got := at(t, p, token.NewSeed(seed), step+int64(i)); got != want {
				t.Fatalf("%v, seed %x, step %d: %s, oathtool says %s", p, seed, step+int64(i), got, want)
			}
		}
	}
}
