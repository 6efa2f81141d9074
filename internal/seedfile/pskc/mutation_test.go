package pskc

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"fob/internal/fault"
	"fob/internal/pskc"
	"fob/internal/seedfile"
	"fob/internal/testkit"
	"fob/internal/token"
)

// encryptedContainer has ten tokens, encrypted with AES-128-CBC and a MAC, and
// their seeds by serial.
func encryptedContainer(t *testing.T, random io.Reader, key []byte) (text []byte, seeds map[string]string) {
	t.Helper()
	cipher, err := pskc.FindCipher(pskc.DefaultCipher)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := pskc.FindMAC(pskc.DefaultMAC)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := pskc.NewWriter(&out, random, pskc.WriterOptions{Protect: &pskc.Protection{Cipher: cipher, Key: key, KeyName: "shared", MAC: mac}})
	if err != nil {
		t.Fatal(err)
	}
	seeds = map[string]string{}
	for i := range 10 {
		seed := make([]byte, 20)
		if _, err := io.ReadFull(random, seed); err != nil {
			t.Fatal(err)
		}
		serial := fmt.Sprintf("00260%02d", i)
		seeds[serial] = string(seed)
		k := &pskc.Key{ID: serial, Algorithm: pskc.AlgorithmHOTP}
		k.Params.Response = &pskc.Format{Encoding: pskc.EncodingDecimal, Length: 6}
		k.Secret.Given, k.Secret.Plain, k.Counter.Given = true, token.NewSeed(seed), true
		if err := w.Write(&pskc.KeyPackage{Device: pskc.DeviceInfo{SerialNo: serial}, Key: k}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), seeds
}

// TestMutations changes single bytes of an encrypted container, as the test of
// the same name in package pskc does with all of them: of what an import would
// store, each serial has the seed that it had, unless a byte of the serial
// itself was changed. Records that were read before the file was refused count
// too, although none of them is stored.
func TestMutations(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	key := make([]byte, 16)
	_, _ = random.Read(key)
	text, seeds := encryptedContainer(t, random, key)
	format := Format()
	open := format.Open
	format.Open = func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) {
		return open(r, seedfile.Options{Keys: &testkit.Keys{Files: []string{string(key)}}})
	}
	read := 0
	for at := range text {
		mutated := bytes.Clone(text)
		mutated[at] ^= 1 << (random.Uint64() % 8)
		all, _, err := testkit.ReadAll(t, format, bytes.NewReader(mutated))
		if err != nil && fault.KindOf(err) != fault.Refused && fault.KindOf(err) != fault.KeyTrouble {
			t.Fatalf("byte %d: %v", at, err)
		}
		for _, rec := range all {
			seed := string(rec.Secret.Text.Bytes())
			if rec.Problem != nil || seeds[rec.Serial] == seed {
				read++
				continue
			}
			if of := serialOf(seeds, seed); of == "" || !within(text, at, "<SerialNo>"+of+"<") {
				t.Fatalf("byte %d is %q: serial %q has the seed of %q", at, mutated[at], rec.Serial, of)
			}
		}
	}
	if read < len(text) {
		t.Errorf("of %d files only %d records were read", len(text), read)
	}
}

func serialOf(seeds map[string]string, seed string) string {
	for serial, s := range seeds {
		if s == seed {
			return serial
		}
	}
	return ""
}

func within(text []byte, at int, part string) bool {
	i := bytes.Index(text, []byte(part))
	return at >= i && at < i+len(part)
}
