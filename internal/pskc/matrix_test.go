package pskc

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/testkit"
	"fob/internal/token"
)

// protectedCase is a protection that a test writes with, and the keys that undo it.
type protectedCase struct {
	name    string
	protect Protection
	keys    *testkit.Keys
	wrong   *testkit.Keys
}

// keysOf are an operator's key files.
func keysOf(files ...[]byte) *testkit.Keys {
	k := &testkit.Keys{}
	for _, f := range files {
		k.Files = append(k.Files, string(f))
	}
	return k
}

func testKeyOf(n int) []byte {
	key := make([]byte, n)
	_, _ = testRandom(byte(n)).Read(key)
	return key
}

// protections are every cipher with every way to the key and every MAC.
func protections(t testing.TB) []protectedCase {
	t.Helper()
	var all []protectedCase
	add := func(name string, p Protection, right, wrong *testkit.Keys) {
		for _, m := range append([]MAC{{}}, macs...) {
			if m.hash == nil && !p.Cipher.Authenticates() {
				continue
			}
			p.MAC = m
			all = append(all, protectedCase{strings.TrimSpace(name + " " + m.String()), p, right, wrong})
		}
		p.MAC, p.MACKey, p.MACKeyName = macs[2], testKeyOf(29), "MAC key"
		right = &testkit.Keys{Files: append(slices.Clone(right.Files), string(p.MACKey)), Passphrases: right.Passphrases}
		wrong = &testkit.Keys{Files: append(slices.Clone(wrong.Files), string(testKeyOf(31))), Passphrases: wrong.Passphrases}
		all = append(all, protectedCase{name + " MACKeyReference", p, right, wrong})
	}
	for _, c := range ciphers {
		key, other := testKeyOf(c.KeySize()), make([]byte, c.KeySize())
		add(c.String()+" shared key", Protection{Cipher: c, Key: key, KeyName: "shared"}, keysOf(key), keysOf(other))
		for i, prf := range macs {
			kdf := []string{KDFPBKDF2, namespacePKCS5Old + "pbkdf2", namespaceXenc11 + "pbkdf2"}[i%3]
			d := &PBKDF2{Salt: testKeyOf(8 + i), Iterations: 10, KeyLength: int64(c.KeySize()), PRF: prf}
			key, err := d.Derive([]byte("qwerty"))
			if err != nil {
				t.Fatal(err)
			}
			add(c.String()+" passphrase "+prf.String(), Protection{Cipher: c, Key: key, KeyName: "phrase", Derivation: d, KDF: kdf},
				&testkit.Keys{Passphrases: []string{"wrong", "qwerty"}}, &testkit.Keys{Passphrases: []string{"wrong"}})
		}
	}
	receiver, stranger := signerCalled(t, "RSA"), signerCalled(t, "other")
	for _, tr := range []Transport{
		mustTransport(t, TransportOAEP, "", "", nil),
		mustTransport(t, namespaceXenc11+"rsa-oaep", namespaceXenc+"sha256", namespaceXenc11+"mgf1sha512", []byte("label")),
	} {
		add(tr.String(), Protection{Transport: tr, Certificate: receiver.cert}, keysOf(pemKey(t, receiver)), keysOf(pemKey(t, stranger)))
	}
	return all
}

func pemKey(t testing.TB, s signer) []byte {
	t.Helper()
	key, ok := s.key.(*rsa.PrivateKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func readWith(text []byte, keys Keys) ([]*KeyPackage, error) {
	return readAll(NewDecoder(bytes.NewReader(text), Options{Keys: keys}))
}

// Every cipher × way to the key × MAC × namespace form, numbers plain and
// encrypted: what is written with the right keys is read, and without them not.
func TestMatrix(t *testing.T) {
	all := protections(t)
	if len(all) < 400 {
		t.Fatalf("%d ways only", len(all))
	}
	packages := []*KeyPackage{full(), hotpPackage("2", rfcSeed), {Key: &Key{ID: "3", Secret: given(token.NewSeed(make([]byte, 64)))}}}
	for i, c := range all {
		for j, o := range []WriterOptions{{}, {Prefix: "pskc"}} {
			c.protect.Numbers = i%2 == j && c.protect.Cipher.mode != &modeWrap
			o.Protect = &c.protect
			text := writeAll(t, o, packages...)
			got, err := readWith(text, c.keys)
			if err != nil {
				t.Errorf("%s, %+v: %v\n%s", c.name, o, err, text)
				continue
			}
			if diff := cmp.Diff(packages, got, equal); diff != "" {
				t.Errorf("%s, %+v: %s\n%s", c.name, o, diff, text)
			}
			if got, err := readWith(text, c.wrong); fault.KindOf(err) != fault.KeyTrouble || len(got) > 0 {
				t.Errorf("%s with the wrong key: %v, %v", c.name, got, err)
			}
		}
	}
}

// Without a flag nothing is read that no key opens, and the error names it.
func TestMatrixWithoutKeys(t *testing.T) {
	for _, c := range protections(t) {
		got, err := readWith(writeAll(t, WriterOptions{Protect: &c.protect}, hotpPackage("2", rfcSeed)), nil)
		var need interface{ Needs() fault.Field }
		field := fault.KeyFile
		if c.protect.Derivation != nil {
			field = fault.PassphraseFile
		}
		if len(got) > 0 || !errors.As(err, &need) || need.Needs() != field || fault.KindOf(err) != fault.KeyTrouble {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestProtectionsThatAreNotWritten(t *testing.T) {
	key := testKeyOf(16)
	aes := mustCipher(t, CipherAES128CBC)
	for says, p := range map[string]Protection{
		"needs a MAC":                          {Cipher: aes, Key: key},
		"AES-128-CBC needs 16":                 {Cipher: aes, Key: testKeyOf(24), MAC: macs[0]},
		"needs a MAC ":                         {Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: signerCalled(t, "RSA").cert},
		"the certificate's key is not RSA":     {Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: signerCalled(t, "P-256").cert, MAC: macs[0]},
		"needs a name":                         {Cipher: aes, Key: key, MAC: macs[0], MACKey: key},
		"PBKDF2 makes a key of another length": {Cipher: aes, Key: key, MAC: macs[0], Derivation: &PBKDF2{KeyLength: 32}},
		"RSA-1_5 is not written any more":      {Transport: mustTransport(t, namespaceXenc+"rsa-1_5", "", "", nil), Certificate: signerCalled(t, "RSA").cert, MAC: macs[0]},
	} {
		w, err := NewWriter(io.Discard, testRandom(1), WriterOptions{Protect: &p})
		if w != nil || err == nil || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestProtectWithPassphrase(t *testing.T) {
	p, err := ProtectWithPassphrase(testRandom(9), mustCipher(t, DefaultCipher), []byte("qwerty"))
	if err != nil {
		t.Fatal(err)
	}
	if p.MAC, err = FindMAC(DefaultMAC); err != nil {
		t.Fatal(err)
	}
	text := writeAll(t, WriterOptions{Protect: &p}, hotpPackage("2", rfcSeed))
	got, err := readWith(text, &testkit.Keys{Passphrases: []string{"qwerty"}})
	if err != nil || len(got) != 1 || string(got[0].Key.Secret.Plain.Bytes()) != rfcSeed {
		t.Errorf("%v, %v", got, err)
	}
	if p.Derivation.Iterations < 100_000 || len(p.Derivation.Salt) != 16 {
		t.Errorf("%+v", p.Derivation)
	}
}
