package seedfile

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// everyForm is a seed in every way that a file may have it.
func everyForm(seed []byte) map[string]string {
	b32 := base32.StdEncoding.EncodeToString(seed)
	colons := strings.ReplaceAll(strings.TrimSpace(grouped(hex.EncodeToString(seed), 2)), " ", ":")
	return map[string]string{
		"hex": hex.EncodeToString(seed), "HEX": strings.ToUpper(hex.EncodeToString(seed)), "hex with colons": colons,
		"base32": b32, "base32 unpadded": strings.TrimRight(b32, "="), "base32 lower": strings.ToLower(strings.TrimRight(b32, "=")),
		"base32 grouped": strings.ReplaceAll(grouped(strings.TrimRight(b32, "="), 4), " ", "-"),
		"base64":         base64.StdEncoding.EncodeToString(seed), "base64 unpadded": base64.RawStdEncoding.EncodeToString(seed),
		"base64 url": base64.RawURLEncoding.EncodeToString(seed), "base64 url padded": base64.URLEncoding.EncodeToString(seed),
	}
}

func grouped(text string, n int) string {
	var out []string
	for ; len(text) > n; text = text[n:] {
		out = append(out, text[:n])
	}
	return strings.Join(append(out, text), " ")
}

// TestFailWithholdsEverySeed: in the place of the serial of a refused record,
// seeds of every length and encoding stay unseen.
func TestFailWithholdsEverySeed(t *testing.T) {
	const seeds = 500
	random := rand.NewChaCha8([32]byte{1})
	for _, n := range []int{10, 11, 12, 13, 15, 16, 20, 24, 32, 64} {
		shown := map[string]int{}
		for range seeds {
			seed := make([]byte, n)
			_, _ = random.Read(seed)
			for how, text := range everyForm(seed) {
				rec := Record{Serial: text}
				if rec.Fail("damaged"); rec.Serial != "" {
					shown[how]++
				}
			}
		}
		for how, times := range shown {
			t.Errorf("%d of %d seeds of %d bytes in %s are shown", times, seeds, n, how)
		}
	}
}

// TestSerialsAreShown: the serials met in the field stay in lists of refused
// records, and none is refused.
func TestSerialsAreShown(t *testing.T) {
	for _, serial := range []string{
		"2600412300001", "2600412300001/1", "306EUO4-00960",
		"ubnuvvcbdefg", "1382042", "FT2600412300001", "GAKT000123456789", "0012345", "12E4567", "VDP-0123456789", "00:1B:2C:3D",
	} {
		rec := Record{Serial: serial}
		if rec.Fail("damaged"); rec.Serial != serial || SerialLooksLikeSeed(serial) {
			t.Errorf("%s is withheld or refused", serial)
		}
	}
	for _, serial := range []string{
		"SafeNet-Token-0123456", "cbdefghijklnrtuvcbdef", "550e8400-e29b-41d4-a716-446655440000", "26004123000010000001",
		"FT2600412/ubnu00000001", "2600412300001/ubnu00000001", "2600412300001/KEYID", "306EUO4-00960/ubnu00000001", "E004015012345678", "FEITIANTOKENNUMBER",
	} {
		if SerialLooksLikeSeed(serial) {
			t.Errorf("%s would be refused", serial)
		}
	}
}

func TestSerialLooksLikeSeed(t *testing.T) {
	for text, want := range map[string]bool{
		"GEZDGNBVGY3TQOJQ":             true, // 10 bytes
		"gezdgnbvgy3tqojqgm======":     true,
		"31323334353637383a3b":         true,
		"GEZDGNBVGY3TQOJ":              false,
		"Jk9vQ2xT0bZpR1aMsUwXyA==":     true,
		"MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=": true,
		"3132333435363738":             false, // digits alone, and 8 bytes
	} {
		if SerialLooksLikeSeed(text) != want {
			t.Errorf("%q", text)
		}
	}
}

// TestNamesAreNoSeeds: accounts and makers are longer than serials.
func TestNamesAreNoSeeds(t *testing.T) {
	for _, name := range []string{
		"christianmueller2", "FeitianTechnologiesCoLtd", "DOMAIN/Anna-Maria-Mueller2", "anna.maria.von.muellersdorf@example.com",
		"DigipassGO7VascoDataSecurity", "Feitian Technologies Co., Ltd.", "maximiliankonstantin123",
	} {
		if LooksLikeSeed(name) {
			t.Errorf("%s is refused", name)
		}
	}
	for _, seed := range []string{
		"GEZDGNBVGY3TQOJQGEZDGNBVGY======", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "31323334353637383930313233343536",
	} {
		if !LooksLikeSeed(seed) {
			t.Errorf("%s passes for a name", seed)
		}
	}
}
