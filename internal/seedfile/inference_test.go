package seedfile

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"fob/internal/fault"
)

// seeds makes n random seeds of a size, the same each time.
func seeds(n, size int) [][]byte {
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, size)
		for j := range list[i] {
			list[i][j] = byte(random.Uint32())
		}
	}
	return list
}

func written(n, size int, how func([]byte) string) []string {
	var list []string
	for _, s := range seeds(n, size) {
		list = append(list, how(s))
	}
	return list
}

func upperHex(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
func lower32(b []byte) string  { return strings.ToLower(base32.StdEncoding.EncodeToString(b)) }
func bare32(b []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

func mixedCase(how func([]byte) string) func([]byte) string {
	return func(b []byte) string {
		text := []byte(how(b))
		for i := range text {
			if i%3 == 0 {
				text[i] = strings.ToUpper(string(text[i]))[0]
			}
		}
		return string(text)
	}
}

func decide(texts ...string) (Decision, error) {
	var i Inference
	for _, text := range texts {
		i.Add([]byte(text))
	}
	return i.Decide()
}

func TestDecide(t *testing.T) {
	ways := []struct {
		name string
		how  func([]byte) string
		want Encoding
	}{
		{"hex", hex.EncodeToString, Hex}, {"HEX", upperHex, Hex},
		{"base32", base32.StdEncoding.EncodeToString, Base32}, {"base32 without padding", bare32, Base32}, {"lower base32", lower32, Base32},
		{"base64", base64.StdEncoding.EncodeToString, Base64}, {"raw base64", base64.RawStdEncoding.EncodeToString, Base64},
		{"base64url", base64.RawURLEncoding.EncodeToString, Base64},
	}
	for _, w := range ways {
		for _, size := range []int{16, 20, 24, 32, 64} {
			for _, n := range []int{1, 2, 3, 10, 1000} {
				d, err := decide(written(n, size, w.how)...)
				if err != nil || d.Encoding != w.want || d.Records != n {
					t.Errorf("%d seeds of %d bytes in %s: %+v %v", n, size, w.name, d, err)
				}
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	d, err := decide(written(1, 16, hex.EncodeToString)...)
	want := "hex: 1 of 1 seeds are written in hex in one letter case"
	if err != nil || d.Evidence != want {
		t.Errorf("%q %v", d.Evidence, err)
	}
}

// One damaged character must not turn the file into another encoding, whatever
// the character is and wherever it stands.
func TestOneDamagedCharacterAmongAThousand(t *testing.T) {
	for _, enc := range []struct {
		how  func([]byte) string
		want Encoding
	}{{hex.EncodeToString, Hex}, {upperHex, Hex}, {bare32, Base32}, {base64.RawStdEncoding.EncodeToString, Base64}} {
		good := written(1000, 20, enc.how)
		for _, bad := range "OlgZz=+/-_!ä.F9 " {
			texts := append([]string(nil), good...)
			texts[500] = texts[500][:7] + string(bad) + texts[500][8:]
			d, err := decide(texts...)
			if err != nil || d.Encoding != enc.want {
				t.Fatalf("%s with %q: %+v %v", enc.want, bad, d, err)
			}
			judged(t, d, texts, 500)
		}
	}
}

// judged expects every seed but one to be accepted; the damaged one may be a
// seed of the same alphabet, but if it decodes it is in the file's encoding.
func judged(t *testing.T, d Decision, texts []string, damaged int) {
	t.Helper()
	for i, text := range texts {
		err := d.Judge([]byte(text))
		if i != damaged && err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if err != nil && quotes(err.Error(), []byte(text)) {
			t.Fatalf("the message holds the seed: %v", err)
		}
	}
}

func TestJudgeNamesTheOther(t *testing.T) {
	d, err := decide(append(written(50, 20, hex.EncodeToString), "3.1E+39")...)
	if err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ":         "written in base32 in one letter case, those of 50 other records in hex",
		"aBcD333435363738393031323334353637383930": "written in base64, or hex or base32 in mixed case",
		"31!2":  "character 3 of the seed is not a hex digit",
		"3E+39": "turned into a number by a spreadsheet",
	} {
		if err := d.Judge([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := d.Judge(nil); err != nil {
		t.Errorf("an empty seed is not the inference's to refuse: %v", err)
	}
}

// A base32 seed of the characters that hex has too is a minority of its own,
// and a file of such seeds is hex by any odds.
func TestBase32ThatLooksLikeHex(t *testing.T) {
	alike := "ABCDEF234567ABCDEF234567ABCDEF23"
	d, err := decide(append(written(30, 20, bare32), alike)...)
	if err != nil || d.Encoding != Base32 {
		t.Fatalf("%+v %v", d, err)
	}
	if err := d.Judge([]byte(alike)); err == nil {
		t.Error("a hex-like seed among base32 passed unseen")
	}
	if d, err := decide(alike); err != nil || d.Encoding != Hex {
		t.Errorf("%+v %v", d, err)
	}
	// thirteen such characters are too few: (12/32)^12 is 8 in a million
	if _, err := decide("ABCDEF234567AB"[:12] + "A2"); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("14 characters: %v", err)
	}
}

func TestUndecided(t *testing.T) {
	hexes, b32, b64 := written(10, 20, hex.EncodeToString), written(10, 20, bare32), written(10, 20, base64.StdEncoding.EncodeToString)
	cases := map[string][]string{
		"no record has a seed":                           {"", "  "},
		"1 hex in one letter case":                       {hexes[0], b32[1]},
		"different encodings: 10 ba":                     append(append([]string{}, hexes...), b64...),
		"encodings: 2 base32 in one letter case, 10 hex": append(append([]string{}, hexes...), b32[:2]...),
		"neither hex nor base32":                         {"!!", "??", "31"},
		"numbers by a spreadsheet":                       {"3.1E+39", "3,2E+39"},
		"1 are too few":                                  {bare32([]byte("0123456789"))[:16]},
		"2 of 2 do not make whole":                       {hexes[0][1:], hexes[1][1:]},
		"both cases":                                     written(20, 20, mixedCase(hex.EncodeToString)),
	}
	for says, texts := range cases {
		d, err := decide(texts...)
		if err == nil || !strings.Contains(err.Error(), says) || fault.KindOf(err) != fault.Refused || d.Encoding != Unknown {
			t.Errorf("want %q, got %+v %v", says, d, err)
		}
	}
	if _, err := decide(written(500, 20, mixedCase(lower32))...); err == nil {
		t.Error("base32 in mixed case was taken for base64")
	}
}

// Short seeds: a few of ten bytes are not enough for base32, more are.
func TestShortSeeds(t *testing.T) {
	if _, err := decide(written(1, 10, bare32)...); err == nil {
		t.Error("one base32 seed of ten bytes was believed")
	}
	if d, err := decide(written(2, 10, bare32)...); err != nil || d.Encoding != Base32 {
		t.Errorf("two: %+v %v", d, err)
	}
	if d, err := decide(written(1, 10, hex.EncodeToString)...); err != nil || d.Encoding != Hex {
		t.Errorf("one in hex: %+v %v", d, err)
	}
}

// A line of words below a short list says nothing of its encoding.
func TestTooShortForAnySeed(t *testing.T) {
	d, err := decide(append(written(3, 20, hex.EncodeToString), "tokens", "1234567890")...)
	if err != nil || d.Encoding != Hex || d.Records != 3 {
		t.Fatalf("%+v %v", d, err)
	}
	for text, says := range map[string]string{"tokens": "has only 6 characters", "1234567890": "has only 10 characters", "": ""} {
		if err := d.Judge([]byte(text)); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := decide("tokens", "12345678"); err == nil {
		t.Error("nothing to tell the encoding from")
	}
}

func TestUpperAndLowerRecordsTogether(t *testing.T) {
	d, err := decide(append(written(10, 20, hex.EncodeToString), written(10, 20, upperHex)...)...)
	if err != nil || d.Encoding != Hex || d.Records != 20 {
		t.Errorf("%+v %v", d, err)
	}
}

func FuzzInference(f *testing.F) {
	f.Add("3132333435363738\nGEZDGNBVGY3TQOJQ", uint8(1))
	f.Add("ABCDEF234567\nMTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", uint8(3))
	f.Fuzz(func(t *testing.T, list string, times uint8) {
		texts := strings.Split(strings.Repeat(list+"\n", int(times%8)), "\n")
		d, err := decide(texts...)
		if again, errAgain := decide(texts...); again != d || (err == nil) != (errAgain == nil) {
			t.Fatal("not the same twice")
		}
		if err != nil {
			if d != (Decision{}) || quotes(err.Error(), []byte(list)) && len(list) > 20 && !strings.ContainsAny(list, " ") {
				t.Fatalf("%+v %v", d, err)
			}
			return
		}
		accepted := 0
		for _, text := range texts {
			if look([]byte(text)).chars > 0 && d.Judge([]byte(text)) == nil {
				accepted++
			}
		}
		if accepted != d.Records {
			t.Fatalf("decided on %d records, accepts %d", d.Records, accepted)
		}
	})
}
