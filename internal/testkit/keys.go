package testkit

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"iter"
	"os"
	"testing"
)

// Keys are an operator's keys, without a terminal to ask at.
type Keys struct {
	Files       []string // contents of key files
	Passphrases []string
	Cert        *x509.Certificate
	Derivations int // how often a key was derived

	derived map[string][]byte
}

// KeyFiles implements seedfile.Keys, as the other methods do.
func (k *Keys) KeyFiles() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i, f := range k.Files {
			if !yield(fmt.Sprintf("key%d", i), []byte(f)) {
				return
			}
		}
	}
}

// Unlock tries the passphrases.
func (k *Keys) Unlock(_ string, try func(pass []byte) (bool, error)) (fits, tried bool, err error) {
	for _, p := range k.Passphrases {
		if fits, err := try([]byte(p)); fits || err != nil {
			return fits, true, err
		}
	}
	return false, len(k.Passphrases) > 0, nil
}

// Derived counts what is really derived.
func (k *Keys) Derived(id string, derive func() ([]byte, error)) ([]byte, error) {
	if key, ok := k.derived[id]; ok {
		return key, nil
	}
	k.Derivations++
	key, err := derive()
	if k.derived == nil {
		k.derived = map[string][]byte{}
	}
	k.derived[id] = key
	return key, err
}

// Certificate returns Cert.
func (k *Keys) Certificate() *x509.Certificate { return k.Cert }

// Certificate reads one in PEM.
func Certificate(t testing.TB, path string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s is no PEM", path)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
