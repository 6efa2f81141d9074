package pskc

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// sharedKey is the protection that tampering is tried with first: CBC, where
// nothing but the MAC notices.
func sharedKey(t testing.TB) (Protection, *testkit.Keys) {
	t.Helper()
	key := testKeyOf(16)
	return Protection{Cipher: mustCipher(t, CipherAES128CBC), Key: key, KeyName: "shared", MAC: macs[0]}, keysOf(key)
}

func passphraseKey(t testing.TB) (Protection, *testkit.Keys) {
	t.Helper()
	d := &PBKDF2{Salt: testKeyOf(8), Iterations: 10, KeyLength: 16, PRF: macs[0]}
	key, err := d.Derive([]byte("qwerty"))
	if err != nil {
		t.Fatal(err)
	}
	return Protection{Cipher: mustCipher(t, CipherAES128CBC), Key: key, Derivation: d, MAC: macs[0]}, &testkit.Keys{Passphrases: []string{"qwerty"}}
}

// base64Of are what stands in base64 in the elements of a name, each with its
// place in the text.
func base64Of(t testing.TB, text []byte, name string) [][]int {
	t.Helper()
	all := regexp.MustCompile(`<`+name+`>([A-Za-z0-9+/=]+)</`).FindAllSubmatchIndex(text, -1)
	if len(all) == 0 {
		t.Fatalf("no <%s>", name)
	}
	return all
}

// changed is the text with other bytes in the n-th element of a name.
func changed(t testing.TB, text []byte, name string, n int, change func(b []byte)) []byte {
	t.Helper()
	at := base64Of(t, text, name)[n]
	b := unbase64(t, string(text[at[2]:at[3]]))
	change(b)
	return slices.Concat(text[:at[2]], []byte(base64.StdEncoding.EncodeToString(b)), text[at[3]:])
}

// Every bit of vector, ciphertext, MAC, MAC key and salt counts: one error, and
// no seed of what was touched.
func TestFlippedBits(t *testing.T) {
	protect, keys := sharedKey(t)
	phrase, phraseKeys := passphraseKey(t)
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed), hotpPackage("2", rfcSeed))
	phraseText := writeAll(t, WriterOptions{Protect: &phrase}, hotpPackage("1", rfcSeed))
	for _, v := range []struct {
		what, name string
		text       []byte
		keys       *testkit.Keys
		n, from    int
		read       int // packages before the one that was touched
	}{
		{"the MAC key's vector", "xenc:CipherValue", text, keys, 0, 0, 0},
		{"the MAC key", "xenc:CipherValue", text, keys, 0, 16, 0},
		{"the first vector", "xenc:CipherValue", text, keys, 1, 0, 0},
		{"the first secret", "xenc:CipherValue", text, keys, 1, 16, 0},
		{"the first MAC", "ValueMAC", text, keys, 0, 0, 0},
		{"the second vector", "xenc:CipherValue", text, keys, 2, 0, 1},
		{"the second secret", "xenc:CipherValue", text, keys, 2, 16, 1},
		{"the second MAC", "ValueMAC", text, keys, 1, 0, 1},
		{"the salt", "Specified", phraseText, phraseKeys, 0, 0, 0},
	} {
		at := base64Of(t, v.text, v.name)[v.n]
		size := len(unbase64(t, string(v.text[at[2]:at[3]])))
		for bit := v.from * 8; bit < size*8; bit++ {
			got, err := readWith(changed(t, v.text, v.name, v.n, func(b []byte) { b[bit/8] ^= 1 << (bit % 8) }), v.keys)
			// padding of the MAC key may be spoilt without spoiling the MAC key
			if v.what == "the MAC key" && err == nil {
				checkSecrets(t, got, 2)
				continue
			}
			if err != ErrKey || len(got) != v.read {
				t.Fatalf("bit %d of %s: %d packages, %v", bit, v.what, len(got), err)
			}
		}
	}
}

func checkSecrets(t *testing.T, got []*KeyPackage, n int) {
	t.Helper()
	if len(got) != n {
		t.Errorf("%d packages", len(got))
	}
	for _, p := range got {
		if p.Problem != nil || string(p.Key.Secret.Plain.Bytes()) != rfcSeed {
			t.Errorf("%+v", p)
		}
	}
}

// The MAC of another key, whether it is one of the file or of another file.
func TestSwappedMACs(t *testing.T) {
	protect, keys := sharedKey(t)
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed), hotpPackage("2", rfcSeed))
	a, b := base64Of(t, text, "ValueMAC")[0], base64Of(t, text, "ValueMAC")[1]
	for name, changed := range map[string][]byte{
		"swapped":     slices.Concat(text[:a[2]], text[b[2]:b[3]], text[a[3]:b[2]], text[a[2]:a[3]], text[b[3]:]),
		"copied":      slices.Concat(text[:a[2]], text[b[2]:b[3]], text[a[3]:]),
		"cut short":   slices.Concat(text[:a[2]], []byte(base64.StdEncoding.EncodeToString(unbase64(t, string(text[a[2]:a[3]]))[:10])), text[a[3]:]),
		"without key": macWith(t, text, a, []byte("")),
		"of the key":  macWith(t, text, a, protect.Key),
	} {
		if got, err := readWith(changed, keys); err != ErrKey || len(got) != 0 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// macWith is the text with a first MAC that somebody made who has another key.
func macWith(t *testing.T, text []byte, at []int, key []byte) []byte {
	t.Helper()
	value := base64Of(t, text, "xenc:CipherValue")[1]
	sum := macs[0].Sum(key, unbase64(t, string(text[value[2]:value[3]])))
	return slices.Concat(text[:at[2]], []byte(base64.StdEncoding.EncodeToString(sum)), text[at[3]:])
}

// What was taken away is missed.
func TestStrippedMACs(t *testing.T) {
	protect, keys := sharedKey(t)
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed))
	noValue := regexp.MustCompile(`<ValueMAC>.*?</ValueMAC>`).ReplaceAll(text, nil)
	empty := regexp.MustCompile(`<ValueMAC>.*?</ValueMAC>`).ReplaceAll(text, []byte("<ValueMAC></ValueMAC>"))
	noMethod := regexp.MustCompile(`(?s)<MACMethod.*?</MACMethod>`).ReplaceAll(text, nil)
	neither := regexp.MustCompile(`(?s)<MACMethod.*?</MACMethod>`).ReplaceAll(noValue, nil)
	noKey := regexp.MustCompile(`(?s)<MACKey>.*?</MACKey>`).ReplaceAll(text, nil)
	for name, text := range map[string][]byte{"ValueMAC": noValue, "empty": empty, "MACMethod": noMethod, "both": neither, "MACKey": noKey} {
		got, err := readWith(text, keys)
		for _, p := range got {
			if p.Problem == nil || p.Key.Secret.Plain.Len() > 0 {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if len(got) == 0 && err == nil || err != nil && fault.KindOf(err) != fault.Refused && err != ErrKey {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyFilesOfTheWrongLength(t *testing.T) {
	protect, _ := sharedKey(t)
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed))
	for _, n := range []int{0, 1, 15, 17, 24, 32} {
		got, err := readWith(text, keysOf(bytes.Repeat([]byte{0xfe}, n)))
		if len(got) > 0 || fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), "16 bytes") {
			t.Errorf("%d: %v, %v", n, got, err)
		}
	}
}

// What would take long is refused before it begins.
func TestMillionsOfIterations(t *testing.T) {
	protect, _ := passphraseKey(t)
	text := string(writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed)))
	for _, n := range []string{"0", "-1", "2000001", "10000000", "9223372036854775807", "9223372036854775808", "1e3", ""} {
		changed := strings.Replace(text, "<IterationCount>10<", "<IterationCount>"+n+"<", 1)
		got, err := readWith([]byte(changed), noDerivation{t})
		if changed == text || len(got) > 0 || fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "teration") {
			t.Errorf("%s: %v, %v", n, got, err)
		}
	}
}

// noDerivation are keys that must not be asked for.
type noDerivation struct{ *testing.T }

func (k noDerivation) KeyFiles() iter.Seq2[string, []byte] { return (&testkit.Keys{}).KeyFiles() }

func (k noDerivation) Unlock(string, func([]byte) (bool, error)) (fits, tried bool, err error) {
	k.Error("a passphrase was asked for")
	return false, false, nil
}

func (k noDerivation) Derived(string, func() ([]byte, error)) ([]byte, error) {
	k.Error("a key was derived")
	return nil, fmt.Errorf("no")
}
