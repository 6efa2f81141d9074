package pskc

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// Private keys behind a passphrase, as openssl protects them.
func TestLockedPrivateKeys(t *testing.T) {
	receiver := signerCalled(t, "RSA")
	der, err := x509.MarshalPKCS8PrivateKey(receiver.key.(*rsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	protect := Protection{Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: receiver.cert, MAC: macs[2]}
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed))
	for _, args := range [][]string{
		{"-v2", "aes-128-cbc"}, {"-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA1"}, {"-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"},
		{"-v2", "des3", "-v2prf", "hmacWithSHA384"}, {"-v2", "aes-256-cbc", "-iter", "9000", "-v2prf", "hmacWithSHA224"},
	} {
		locked := openssl(t, nil, slices.Concat([]string{"pkcs8", "-topk8", "-in", file, "-passout", "pass:qwerty"}, args)...)
		keys := &testkit.Keys{Files: []string{string(locked)}, Passphrases: []string{"wrong", "qwerty"}}
		for range 2 {
			got, err := readWith(text, keys)
			if err != nil {
				t.Fatalf("%s: %v", args, err)
			}
			checkSecrets(t, got, 1)
		}
		if keys.Derivations != 2 {
			t.Errorf("%s: derived %d times", args, keys.Derivations)
		}
		for _, passphrases := range [][]string{nil, {"wrong", "qwertz"}} {
			says := "is behind a passphrase"
			if passphrases != nil {
				says = "no passphrase opens the private key"
			}
			_, err := readWith(text, &testkit.Keys{Files: []string{string(locked)}, Passphrases: passphrases})
			var need NeedError
			if !errors.As(err, &need) || need.Field != fault.PassphraseFile || fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %s", args, err, says)
			}
		}
	}
	for name, locked := range map[string][]byte{
		"scrypt":         openssl(t, nil, "pkcs8", "-topk8", "-in", file, "-passout", "pass:qwerty", "-scrypt"),
		"PBES1":          openssl(t, nil, "pkcs8", "-topk8", "-in", file, "-passout", "pass:qwerty", "-v1", "PBE-SHA1-3DES"),
		"too slow":       openssl(t, nil, "pkcs8", "-topk8", "-in", file, "-passout", "pass:qwerty", "-v2", "aes-128-cbc", "-iter", "2000001"),
		"damaged":        pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("damaged")}),
		"nothing inside": pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY"}),
	} {
		_, err := readWith(text, &testkit.Keys{Files: []string{string(locked)}, Passphrases: []string{"qwerty"}})
		if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), "holds a private key behind a passphrase") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The private key of somebody else stays closed in vain, and what it says is that.
func TestLockedPrivateKeyOfAnother(t *testing.T) {
	receiver := signerCalled(t, "RSA")
	_, file := testKey(t)
	locked := openssl(t, nil, "pkcs8", "-topk8", "-in", file, "-passout", "pass:qwerty", "-v2", "aes-128-cbc")
	protect := Protection{Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: receiver.cert, MAC: macs[2]}
	text := writeAll(t, WriterOptions{Protect: &protect}, hotpPackage("1", rfcSeed))
	_, err := readWith(text, &testkit.Keys{Files: []string{string(locked)}, Passphrases: []string{"qwerty"}})
	if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), `whose private key is in no key file: "key0" holds a private key, not this one`) {
		t.Error(err)
	}
}

// FuzzKeyFile: whatever a key file holds, it can be told what it is.
func FuzzKeyFile(f *testing.F) {
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMDUwLQYJKoZIhvcNAQUNMCAwDwYJKoZIhvcNAQUMMAIEADANBglghkgBZQMEAQIEAAQE\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	f.Add([]byte("0x30 31:32-33"))
	f.Add([]byte("\x30\x05\x02\x01\x03\x30\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if l := readLocked(data); l != nil && (l.kdf.Check() != nil || len(l.data) < l.cipher.blockSize) {
			t.Fatalf("%+v", l)
		}
		if heldIn(data) == "" {
			t.Fatal("nothing is said")
		}
		for _, key := range sharedForms(data) {
			if len(key) > len(data) {
				t.Fatal("more than there is")
			}
		}
	})
}
