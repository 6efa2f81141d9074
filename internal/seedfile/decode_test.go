package seedfile

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/token"
)

const rfc = "12345678901234567890" // the seed of RFC 4226 appendix D

func TestDecode(t *testing.T) {
	cases := []struct {
		enc        Encoding
		text, want string
	}{
		{Hex, "3132333435363738393031323334353637383930", rfc},
		{Hex, "31323334 35363738 39303132 33343536 37383930 ", rfc},
		{Hex, "fFfE", "\xff\xfe"},
		{Base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", rfc},
		{Base32, "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", rfc},
		{Base32, "MY======", "f"}, {Base32, "MY", "f"}, {Base32, "my", "f"},
		{Base32, "MZXQ", "fo"}, {Base32, "MZXW6===", "foo"}, {Base32, "MZXW6YQ", "foob"},
		{Base64, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", rfc}, {Base64, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", rfc},
		{Base64, "-_-_", "\xfb\xff\xbf"}, {Base64, "+/+/", "\xfb\xff\xbf"},
		{Base64, "Zg = =", "f"},
		{Raw, "\x00\x01", "\x00\x01"},
		{Hex, strings.Repeat("ab", token.MaxParsedSeed), strings.Repeat("\xab", token.MaxParsedSeed)},
	}
	for _, c := range cases {
		secret := Secret{Text: token.NewSeed([]byte(c.text))}
		seed, err := Decode(secret, c.enc)
		if err != nil || string(seed.Bytes()) != c.want {
			t.Errorf("%s %q: %v, %v", c.enc, c.text, seed.Bytes(), err)
		}
		seed.Clear()
		if string(secret.Text.Bytes()) != c.text {
			t.Errorf("%s %q: the secret was changed", c.enc, c.text)
		}
	}
}

func TestDecodeTakesTheSecretsOwnEncoding(t *testing.T) {
	seed, err := Decode(Secret{Raw, token.NewSeed([]byte("ab"))}, Hex)
	if err != nil || string(seed.Bytes()) != "ab" {
		t.Errorf("%v %v", seed.Bytes(), err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	cases := []struct {
		enc        Encoding
		text, says string
	}{
		{Hex, "", "the seed is empty"}, {Hex, "  ", "the seed is empty"}, {Base32, "====", "the seed is empty"}, {Raw, "", "the seed is empty"},
		{Hex, "313", "an odd number of hex digits (3)"},
		{Hex, "31x2", "character 3 of the seed is not a hex digit"},
		{Hex, "31 ä2", "character 4 of the seed is not a hex digit"},
		{Hex, "ää2g", "character 1 of"},
		{Hex, "3132=", "character 5 of"},
		{Hex, "0x3132", "the seed has 0x in front"},
		{Hex, "3.13233E+39", "turned into a number by a spreadsheet"},
		{Base32, "3E+39", "turned into a number by a spreadsheet"},
		{Base32, "MZXW0", "character 5 of the seed is not a base32 character"},
		{Base32, "MZXW-6YQ", "character 5 of"},
		{Base32, "MZXW6YQÄ", "character 8 of"},
		{Base32, "M", "no seed has 1 base32 characters"}, {Base32, "MZX", "no seed has 3"}, {Base32, "MZXW6Y", "no seed has 6"},
		{Base32, "MZ", "bits beyond its last byte"},
		{Base32, "MY=", "padding (=) has the wrong length"}, {Base32, "MZXW6YTB========", "padding (=) has the wrong length"},
		{Base32, "MY==MY==", "goes on behind its padding, at character 5"},
		{Base64, "Zm9v!", "character 5 of the seed is not a base64 character"},
		{Base64, "Zm9vY", "no seed has 5 base64 characters"},
		{Base64, "Zh", "bits beyond its last byte"},
		{Base64, "Zg=", "padding (=) has the wrong length"},
		{Hex, strings.Repeat("ab", token.MaxParsedSeed+1), "more than 128 bytes"},
		{Hex, strings.Repeat("ab", 4<<10), "more than 128 bytes"},
		{Raw, strings.Repeat("a", token.MaxParsedSeed+1), "more than 128 bytes"},
		{Unknown, "3132", "say encoding"}, {"rot13", "3132", "say encoding"},
	}
	for _, c := range cases {
		seed, err := DecodeText([]byte(c.text), c.enc)
		if err == nil || !strings.Contains(err.Error(), c.says) || fault.KindOf(err) != fault.Refused || seed.Len() != 0 {
			t.Errorf("%s %q: %v, want %s", c.enc, c.text, err, c.says)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{rfc, "3132", "MZXW6YQ", "Zm9vYg==", "fFfE ", "-_+/", "3.1E+9"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, enc := range Encodings() {
			seed, err := DecodeText(text, enc)
			if err != nil {
				if seed.Len() != 0 || quotes(err.Error(), text) {
					t.Fatalf("%s: %v with %d bytes", enc, err, seed.Len())
				}
				continue
			}
			if seed.Len() < 1 || seed.Len() > token.MaxParsedSeed || !bytes.Equal(standard(t, text, enc), seed.Bytes()) {
				t.Fatalf("%s %q: %x", enc, text, seed.Bytes())
			}
		}
	})
}

// quotes reports whether a message repeats some of a text. Eight characters in a
// row are no accident, unless the message says them by itself.
func quotes(message string, text []byte) bool {
	for i := 0; i+8 <= len(text); i++ {
		part := string(text[i : i+8])
		if strings.Contains(message, part) && !strings.Contains(ownWords, part) {
			return true
		}
	}
	return false
}

const ownWords = "the seed was turned into a number by a spreadsheet; take it from the original file " +
	"no seed has an odd number of hex digits: one is missing or too many, base32 base64 characters: some are missing or too many " +
	"character of the seed is not a hex digit a base32 character (A to Z, 2 to 7) a base64 character " +
	"the last character of the seed has bits beyond its last byte: it is damaged or cut off the seed's padding (=) has the wrong length: it is damaged or cut off " +
	"the seed goes on behind its padding, at character the seed is empty the seed has more than 128 bytes; is this column the seed?"

// standard decodes with the standard library.
func standard(t *testing.T, text []byte, enc Encoding) []byte {
	t.Helper()
	s := strings.TrimRight(strings.NewReplacer(" ", "", "\t", "").Replace(string(text)), "=")
	var b []byte
	var err error
	switch enc {
	case Hex:
		b, err = hex.DecodeString(s)
	case Base32:
		b, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(s))
	case Base64:
		b, err = base64.RawStdEncoding.Strict().DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(s))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLooksLikeSeed(t *testing.T) {
	for text, want := range map[string]bool{
		"3132333435363738393031323334353637383930": true,
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ":         true,
		"2600412300001":                            false,
		"306EUO4-00960":                            false,
		"VASCO-3132333435363738393031323334":       false,
		"":                                         false,
	} {
		if LooksLikeSeed(text) != want {
			t.Errorf("%q", text)
		}
	}
}

func TestFailWithholdsASeed(t *testing.T) {
	rec := Record{Serial: "3132333435363738393031323334353637383930"}
	rec.Fail("the seed is empty")
	rec.Fail("another")
	if rec.Serial != "" || !strings.Contains(rec.Problem.Error(), "wrong order") || strings.Contains(fmt.Sprint(rec), "3132") {
		t.Error(rec)
	}
}

func TestFailWithholdsASeedInTheAccount(t *testing.T) {
	rec := Record{Serial: "1", Account: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
	rec.Fail("the row is too short")
	if rec.Account != "" || rec.Serial != "1" {
		t.Error(rec)
	}
}

func TestLooksLikeHex(t *testing.T) {
	for text, want := range map[string]bool{
		"3132333435363738393031323334353637383930": true,
		"ABCDEF234567ABCDEF23":                     true,
		"3132 3334 3536 3738 3930 3":               true,
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ":         false,
		"ABCDEF234567ABCDEF2":                      false, // too short for a seed
		"ABCDEF234567ABCDEF23====":                 false,
		"ABCDEF234567ABCDEF2!":                     false,
		"":                                         false,
	} {
		if LooksLikeHex([]byte(text)) != want {
			t.Errorf("%q", text)
		}
	}
}

func TestUnsettled(t *testing.T) {
	var rec Record
	doubts := func(kind token.Type, said FieldSet) (fields []Field) {
		for d := range rec.Unsettled(kind, said) {
			fields = append(fields, d.Field)
		}
		return fields
	}
	if doubts(token.HOTP, 0) != nil {
		t.Error("no doubt")
	}
	rec.Question(FieldCounter, "say --counter")
	if !slices.Equal(doubts(token.HOTP, 0), []Field{FieldCounter}) || doubts(token.TOTP, 0) != nil ||
		doubts(token.HOTP, FieldSet(0).With(FieldCounter)) != nil {
		t.Error("a doubt about the counter concerns HOTP and ends when the operator says it")
	}
	rec.Question(FieldHash, "say --hash")
	if !slices.Equal(doubts("", 0), []Field{FieldCounter, FieldHash}) || !slices.Equal(doubts(token.TOTP, 0), []Field{FieldHash}) {
		t.Error("every doubt counts, whatever the type may be")
	}
}

func TestParseEncoding(t *testing.T) {
	if e, err := ParseEncoding("BASE32"); e != Base32 || err != nil {
		t.Error(e, err)
	}
	if _, err := ParseEncoding("raw"); fault.KindOf(err) != fault.Usage || err == nil {
		t.Error(err)
	}
}

func BenchmarkDecodeHex(b *testing.B) {
	text := []byte(hex.EncodeToString([]byte(rfc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeText(text, Hex); err != nil {
			b.Fatal(err)
		}
	}
}
