package token_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/token"
)

// The check digits were worked out by hand from the standards that scanned.go
// names: Luhn 7992739871-3, GS1 400638133393-1.
func TestReadScan(t *testing.T) {
	for _, c := range []struct {
		name, scan string
		want       [][]token.Serial
	}{
		{"Enter and Tab", "FT123\t\r\n", [][]token.Serial{{"FT123"}, nil, nil}},
		{"STX and ETX", "\x02FT123\x03", [][]token.Serial{{"FT123"}, nil, nil}},
		{"a row of an export", "\"FT123\",;", [][]token.Serial{{"FT123"}, nil, nil}},
		{"case", "ft123", [][]token.Serial{{"ft123"}, nil, nil}},
		{"AIM", "]C0FT123", [][]token.Serial{{"FT123"}, nil, nil}},
		{"Code 39", "*FT123*", [][]token.Serial{nil, {"FT123"}, nil}},
		{"a printed word", "S/N: FT123", [][]token.Serial{{"S/N:FT123"}, {"FT123"}, nil}},
		{"groups", "26 0041", [][]token.Serial{{"260041"}, nil, nil}},
		{"dashes", "FT-123", [][]token.Serial{{"FT-123"}, {"FT123"}, nil}},
		{"GS1 for people", "(01)04006381333931(21)FT123(10)L1", [][]token.Serial{nil, {"FT123"}, nil}},
		{"GS1 with FNC1", "]C110L7\x1d21FT123", [][]token.Serial{nil, {"FT123"}, nil}},
		{"GS1 with an article in front", "010400638133393121FT123", [][]token.Serial{{"010400638133393121FT123"}, {"FT123"}, nil}},
		{"an article with a wrong digit is not read", "010400638133393221FT123", [][]token.Serial{{"010400638133393221FT123"}, nil, nil}},
		{"a serial that begins as GS1 does", "2100012345", [][]token.Serial{{"2100012345"}, nil, nil}},
		{"Luhn", "79927398713", [][]token.Serial{{"79927398713"}, nil, {"7992739871"}}},
		{"GS1 digit", "4006381333931", [][]token.Serial{{"4006381333931"}, nil, {"400638133393"}}},
		{"letters have no check digit", "CODE39W", [][]token.Serial{{"CODE39W"}, nil, nil}},
	} {
		if d := cmp.Diff(c.want, token.ReadScan(c.scan).As); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// What a telephone enrols with is a secret, and is not repeated.
func TestReadScanOfAKeyURI(t *testing.T) {
	r := token.ReadScan("otpauth://totp/ACME:FT1?secret=JBSWY3DPEHPK3PXP")
	if strings.Contains(r.Text, "JBSW") || len(r.As) != 0 {
		t.Errorf("%+v", r)
	}
}

func FuzzReadScan(f *testing.F) {
	for _, s := range []string{"]C0FT123", "*FT1*", "]C110L7\x1d21FT123", "(21)", "0-.0", "010400638133393121FT123", "\x1d\x1d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tier := range token.ReadScan(text).As {
			for _, s := range tier {
				if _, err := token.ParseSerial(string(s)); err != nil {
					t.Errorf("%q stands for %q, which is no serial: %v", text, s, err)
				}
			}
		}
	})
}
