package pskc

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// peerDir holds containers that openssl and, for AES-GCM, Python's cryptography
// wrote; make.sh there is the recipe.
const peerDir = "../../testdata/pskc"

func peerFile(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(peerDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// peerKeys are all keys at once: a reader finds the one that fits.
func peerKeys(t testing.TB) *testkit.Keys {
	k := &testkit.Keys{Passphrases: []string{"not qwerty", "qwerty"}}
	for _, name := range []string{"mac.hex", "256.base64", "192.hex", "128.bin", "supplier-rsa.pem", "receiver.pem"} {
		k.Files = append(k.Files, string(peerFile(t, "keys/"+name)))
	}
	return k
}

func peerNames(t testing.TB, pattern string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(peerDir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	return names
}

// longSeed is the seed of RFC 6238 appendix B for SHA-512.
const longSeed = "1234567890123456789012345678901234567890123456789012345678901234"

// checkPeerPackages: every container has the same two keys, with the seeds of
// RFC 4226 appendix D and RFC 6238 appendix B for SHA-512.
func checkPeerPackages(t *testing.T, name string, all []*KeyPackage) {
	t.Helper()
	if len(all) != 2 || all[0].Problem != nil || all[1].Problem != nil {
		t.Errorf("%s: %+v", name, all)
		return
	}
	a, b := all[0], all[1]
	if a.Device.SerialNo != "0026001" || ParseAlgorithm(a.Key.Algorithm) != HOTP || string(a.Key.Secret.Plain.Bytes()) != rfcSeed || a.Key.Counter.Plain != 42 {
		t.Errorf("%s: %+v %+v", name, a, a.Key)
	}
	if b.Device.SerialNo != "0026002" || ParseAlgorithm(b.Key.Algorithm) != TOTP || string(b.Key.Secret.Plain.Bytes()) != longSeed || b.Key.Interval.Plain != 60 {
		t.Errorf("%s: %+v %+v", name, b, b.Key)
	}
}

func TestContainersOfPeers(t *testing.T) {
	names := slices.DeleteFunc(peerNames(t, "*.xml"), func(n string) bool { return strings.HasPrefix(n, "signed-") })
	if len(names) < 60 {
		t.Fatalf("%d containers only", len(names))
	}
	keys := peerKeys(t)
	for _, name := range names {
		all, err := readWith(peerFile(t, name), keys)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkPeerPackages(t, name, all)
	}
}

// With keys that fit in length and nothing else every container gives one error.
func TestContainersOfPeersWithWrongKeys(t *testing.T) {
	wrong := keysOf(make([]byte, 16), make([]byte, 24), make([]byte, 32), peerFile(t, "keys/supplier-rsa.pem"))
	wrong.Passphrases = []string{"not qwerty"}
	for _, name := range peerNames(t, "*.xml") {
		if strings.HasPrefix(name, "signed-") {
			continue
		}
		all, err := readWith(peerFile(t, name), wrong)
		if len(all) > 0 || fault.KindOf(err) != fault.KeyTrouble || !strings.HasPrefix(name, "rsa") && err != ErrKey {
			t.Errorf("%s: %v %v", name, all, err)
		}
	}
}

// FuzzEncrypted: whatever is done to an encrypted container by somebody without
// its keys, every seed that comes out of it went in.
func FuzzEncrypted(f *testing.F) {
	testkit.Corpus(f, peerDir+"/*-key.xml")
	keys := peerKeys(f)
	keys.Passphrases = nil // deriving would take all the time
	f.Fuzz(func(t *testing.T, text []byte) {
		d := NewDecoder(bytes.NewReader(text), Options{Keys: keys})
		all, err := readAll(d)
		if k := fault.KindOf(err); err != nil && k != fault.Refused && k != fault.KeyTrouble {
			t.Fatal(err)
		}
		for _, p := range all {
			if p.Problem != nil || p.Key == nil || !p.Key.Secret.Given || d.Header().Encryption == nil && !p.Key.Secret.Encrypted {
				continue
			}
			if seed := string(p.Key.Secret.Plain.Bytes()); seed != rfcSeed && seed != longSeed {
				t.Fatalf("a seed that nobody encrypted: %q", seed)
			}
		}
	})
}

func TestSignaturesOfPeers(t *testing.T) {
	for name, method := range map[string]string{"rsa": "RSA-SHA256", "ecdsa": "ECDSA-SHA256"} {
		cert := testkit.Certificate(t, filepath.Join(peerDir, "keys", "supplier-"+name+".crt"))
		text := peerFile(t, "signed-"+name+"-sha256.xml")
		all, signed, err := readSigned(string(text), cert, false)
		if err != nil || len(all) != 1 || signed.Method != method || string(all[0].Key.Secret.Plain.Bytes()) != rfcSeed {
			t.Errorf("%s: %+v, %v", name, signed, err)
		}
		if _, err := VerifySigned(bytes.Replace(text, []byte(">42<"), []byte(">43<"), 1), cert, false); err != errSignature {
			t.Errorf("%s, changed: %v", name, err)
		}
	}
}
