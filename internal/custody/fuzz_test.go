package custody

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fob/internal/fault"
)

// FuzzOpen: nothing but what was sealed opens, and no error shows what was put
// in.
func FuzzOpen(f *testing.F) {
	k := testKeyring(f)
	sealed, err := k.Seal(of("0012345"), testSeed())
	must(f, err)
	f.Add("0012345", sealed)
	f.Add("0012346", sealed)
	f.Add("", []byte{})
	f.Add("A", []byte{1, 0, 0, 0, 7})
	f.Add("A", bytes.Repeat([]byte{1}, 40))
	f.Fuzz(func(t *testing.T, serial string, box []byte) {
		seed, err := k.Open(of(serial), box)
		if err == nil {
			again, err := k.Open(of(serial), box)
			if err != nil || !again.Equal(seed) || seed.Len() == 0 {
				t.Fatalf("%q opened once: %v", serial, err)
			}
			return
		}
		if seed.Len() != 0 || fault.KindOf(err) != fault.Integrity {
			t.Fatalf("%v with a seed of %d bytes", err, seed.Len())
		}
		noSecret(t, strings.ReplaceAll(err.Error(), serial, ""), string(testSeed().Bytes()))
	})
}

// FuzzReadIdentities: whatever the file, no panic, and an error shows nothing
// of what could be a key.
func FuzzReadIdentities(f *testing.F) {
	key := newTestIdentity(f, KindX25519).held.get().text
	for _, p := range []pair{nativePair(f, KindHybrid), sshPair(f, KindSSHEd25519, ""), sshPair(f, KindSSHEd25519, "sesame"), pluginPair(f)} {
		f.Add([]byte(p.private))
		f.Add([]byte(p.public))
	}
	f.Add([]byte("# comment\r\n" + key + "\r\n"))
	f.Add([]byte(inUTF16(key, false, true)))
	f.Add([]byte(protect(f, key, "correct horse", 2, false)))
	f.Add([]byte(protect(f, key, "correct horse", 2, true)))
	f.Add([]byte("SQLite format 3\x00"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(dir, fmt.Sprint("identity-", os.Getpid()))
		must(t, os.WriteFile(path, content, 0o600))
		ids, err := ReadIdentities(path, refuser{})
		if err == nil {
			if len(ids.held.list) == 0 {
				t.Fatal("no identity and no error")
			}
			return
		}
		var known *fault.Error
		if ids != nil || !errors.As(err, &known) || known.Kind != fault.KeyTrouble {
			t.Fatalf("%v with %v", err, ids)
		}
		for _, secret := range bech32.FindAllString(string(content), -1) {
			noSecret(t, known.Error()+known.Advice.String(), secret)
		}
	})
}

// bech32 is how age writes secret keys: long enough not to be a word of ours.
var bech32 = regexp.MustCompile(`[02-9AC-HJ-NP-Z]{16,}`)

// refuser answers no question, so that the fuzzer does not work for scrypt.
type refuser struct{}

var errRefused = errors.New("refused")

func (refuser) Secret(string) ([]byte, error)                { return nil, errRefused }
func (refuser) Ask(string) (string, error)                   { return "", errRefused }
func (refuser) Confirm(string, string, string) (bool, error) { return false, errRefused }
func (refuser) Message(string) error                         { return nil }
