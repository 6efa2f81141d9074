package delivery

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// TestKeyFileRefusals is the table of key files that are none, word for word.
func TestKeyFileRefusals(t *testing.T) {
	identity := strings.TrimSpace(string(read(t, keyPath("age.txt"))))
	lines := strings.Split(identity, "\n")
	secret := lines[len(lines)-1]
	const ageHint = " (an identity begins with AGE-SECRET-KEY-1 or AGE-SECRET-KEY-PQ-1 and is in capitals; take it from where it was made)"
	for _, c := range []struct{ what, kind, text, want string }{
		{"empty", "key", "", `8: the key file "F" is empty (look at where it came from)`},
		{"empty passphrase", "pass", "\nsecond line\n", `8: the first line of the passphrase file "F" is empty (the first line is the passphrase, the others do not count)`},
		{"UTF-16", "pass", "\xff\xfeT\x00e\x00s\x00t\x00", `8: the passphrase file "F" is written in UTF-16, as PowerShell and Notepad do (save it as UTF-8: (umask 077; iconv -f UTF-16 -t UTF-8 OLD > NEW))`},
		{"large", "key", strings.Repeat("k", MaxKeyFile+1), `8: the key file "F" has more than 1048576 bytes, no key has (were the files exchanged?)`},
		{"public key", "key", string(read(t, keyPath("supplier-pub.asc"))), `8: the key file "F" holds an OpenPGP public key, which opens nothing (the private half is needed: gpg --armor --export-secret-keys KEYID; a supplier's key belongs to --signed-by)`},
		{"damaged OpenPGP", "key", string(read(t, keyPath("receiver.asc"))[:300]), `8: the OpenPGP key in "F" is damaged, or of a kind that fob does not know (export it again: gpg --armor --export-secret-keys KEYID)`},
		{"damaged identity", "key", "# made\n\n" + secret[:len(secret)-2] + "\n", `8: the key file "F", line 2: no age identity, or one with a wrong or missing character` + ageHint},
		{"small letters", "key", strings.ToLower(secret), `8: the key file "F", line 1: no age identity, or one with a wrong or missing character` + ageHint},
		{"plugin", "key", "AGE-PLUGIN-YUBIKEY-1QQQ", `8: the key file "F", line 1: the identity of an age plugin, which fob does not ask for deliveries` + ageHint},
		{"signer", "signer", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n", `8: the OpenPGP key in "F" is damaged, or of a kind that fob does not know (export it again: gpg --armor --export KEYID)`},
	} {
		t.Run(c.what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "F")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := givenFile(c.kind, path).Read()
			if got := strings.ReplaceAll(describe(err), path, "F"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if strings.Contains(describe(err), secret[20:40]) {
				t.Error("a piece of the key is in the error")
			}
		})
	}
	for kind, want := range map[string]string{
		"key":    `8: there is no key file "/nowhere/F" (check the name and the folder)`,
		"pass":   `8: there is no passphrase file "/nowhere/F" (check the name and the folder)`,
		"signer": `8: there is no file of --signed-by "/nowhere/F" (check the name and the folder)`,
	} {
		if _, _, err := givenFile(kind, "/nowhere/F").Read(); describe(err) != want {
			t.Errorf("got  %s\nwant %s", describe(err), want)
		}
	}
	if _, _, err := givenFile("key", "/").Read(); describe(err) != `8: the key file "/" is a folder (name the file in it)` {
		t.Error(describe(err))
	}
}

func givenFile(kind, path string) Given {
	switch kind {
	case "key":
		return Given{KeyFiles: []string{path}}
	case "pass":
		return Given{PassphraseFiles: []string{path}}
	}
	return Given{SignedBy: path}
}

// TestPassphraseFile reads the first line and keeps the blanks in it.
func TestPassphraseFile(t *testing.T) {
	for text, want := range map[string]string{
		"one": "one", "one\n": "one", "one\r\ntwo": "one", " one \n": " one ", "\ufeffone\n": "one",
	} {
		path := filepath.Join(t.TempDir(), "pass")
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		keys, warnings, err := Given{PassphraseFiles: []string{path}, KeyFiles: []string{path}}.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := string(keys.passphrases[0]); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		wantWarnings := []string{
			fmt.Sprintf("the passphrase file %q is open to other users (mode 0640): chmod 600 %s", path, path),
			fmt.Sprintf("the key file %q is open to other users (mode 0640): chmod 600 %s", path, path),
		}
		if !slices.Equal(warnings, wantWarnings) {
			t.Errorf("warnings %q", warnings)
		}
		for name, data := range keys.KeyFiles() {
			if name != path || string(data) != text {
				t.Errorf("key file %q", name)
			}
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, keys); got != "[keys]" {
				t.Errorf("%s writes %q", verb, got)
			}
		}
		keys.Clear()
	}
}

// TestCertificate leaves what is no OpenPGP key to readers of what is inside.
func TestCertificate(t *testing.T) {
	der := makeCertificate(t)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"PEM":     {block, ""},
		"DER":     {der, ""},
		"two":     {append(bytes.Clone(block), block...), "holds several things in PEM"},
		"damaged": {block[:len(block)-50], "no OpenPGP public key and no certificate"},
		"other":   {[]byte("serial,seed"), "no OpenPGP public key and no certificate"},
	} {
		path := filepath.Join(t.TempDir(), "cert")
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		keys, _, err := Given{SignedBy: path}.Read()
		switch {
		case c.want != "":
			if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || !bytes.Equal(keys.Certificate().Raw, der) || keys.signers != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}

func makeCertificate(t *testing.T) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test supplier"}}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestDerived derives once.
func TestDerived(t *testing.T) {
	var k Keys
	n := 0
	derive := func() ([]byte, error) { n++; return []byte{byte(n)}, nil }
	for range 2 {
		if key, err := k.Derived("a", derive); err != nil || key[0] != 1 {
			t.Error(key, err)
		}
	}
	if _, err := k.Derived("b", func() ([]byte, error) { return nil, io.ErrUnexpectedEOF }); err == nil {
		t.Error("no error")
	}
	if key, _ := k.Derived("b", derive); n != 2 || key[0] != 2 {
		t.Error(n, key)
	}
	k.Clear()
	if key, _ := k.Derived("a", derive); n != 3 || key[0] != 3 {
		t.Error(n, key)
	}
}

// TestLockedIdentityFile opens an identity file that is encrypted by age -p.
func TestLockedIdentityFile(t *testing.T) {
	for _, c := range []struct{ pass, want string }{
		{"right", "<none>"},
		{"wrong", `8: "F"` + wrongHint},
		{"", `8: the key file "F" is protected by a passphrase` + passHint},
	} {
		keys := &Keys{lockedAges: []keyFile{{"F", sealedByAge(t, string(read(t, keyPath("age.txt"))), "right")}}}
		if c.pass != "" {
			keys.passphrases = withPass(c.pass).passphrases
		}
		src, err := seedfile.FileSource(sample("x25519.age"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, src, keys); describe(err) != c.want {
			t.Errorf("%q: %s", c.pass, describe(err))
		}
	}
}

// TestPrompt asks a person last, three times at most, and remembers what fits.
func TestPrompt(t *testing.T) {
	interrupted := fault.Errorf(fault.Interrupted, "the terminal ended the conversation")
	nobody := fault.Errorf(fault.KeyTrouble, "there is no terminal")
	two := makeZip(t, zipEntry{name: "x.csv", text: row, pass: "right"}, zipEntry{name: "y.csv", text: row, pass: "right"})
	for _, c := range []struct {
		what    string
		data    []byte
		answers []any
		asked   int
		want    string
	}{
		{"right at once, for both members", two, []any{"right"}, 1, "<none>"},
		{"at the third", two, []any{"a", "b", "right"}, 3, "<none>"},
		{"never", two, []any{"a", "b", "c", "right"}, 3, `8: "a/x.csv"` + wrongHint},
		{"none", two, []any{""}, 1, `8: "a" is a ZIP archive with a password` + passHint},
		{"interrupted", two, []any{interrupted}, 1, "130: the terminal ended the conversation ()"},
		{"nobody", two, []any{nobody}, 1, `8: "a" is a ZIP archive with a password` + passHint},
		{"OpenPGP", compressedMessage(t, row), []any{"a", "right"}, 2, "<none>"},
		{"OpenPGP, never", compressedMessage(t, row), []any{"a", "b", "c", "right"}, 3, `8: "a"` + wrongHint},
		{"age", sealedByAge(t, row, "right"), []any{"a", "right"}, 2, "<none>"},
		{"age, interrupted", sealedByAge(t, row, "right"), []any{"a", interrupted}, 2, "130: the terminal ended the conversation ()"},
	} {
		t.Run(c.what, func(t *testing.T) {
			asked := 0
			keys := &Keys{prompt: func(prompt string) ([]byte, error) {
				want := `Passphrase of "a"`
				if asked > 0 {
					want = "That does not open it. " + want
				}
				if prompt != want {
					t.Errorf("asked %q", prompt)
				}
				asked++
				if err, ok := c.answers[asked-1].(error); ok {
					return nil, err
				}
				return []byte(c.answers[asked-1].(string)), nil
			}}
			_, err := open(t, memory{"a", c.data}, keys)
			if got := describe(err); got != c.want || asked != c.asked {
				t.Errorf("asked %d times, want %d\ngot  %s\nwant %s", asked, c.asked, got, c.want)
			}
		})
	}
}

// TestPromptForKeys asks for the passphrase of a key file by its name.
func TestPromptForKeys(t *testing.T) {
	for file, key := range map[string]string{"locked.gpg": "locked.asc", "ssh.age": "ssh-locked"} {
		keys := given(t, "key:"+key)
		var prompts []string
		keys.prompt = func(prompt string) ([]byte, error) {
			prompts = append(prompts, prompt)
			return []byte("Test passphrase 7"), nil
		}
		src, err := seedfile.FileSource(sample(file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, src, keys); err != nil {
			t.Error(describe(err))
		}
		if len(prompts) != 1 || !strings.Contains(prompts[0], keyPath(key)) {
			t.Errorf("%s: %q", file, prompts)
		}
	}
}

// TestNothingInTheClear watches the folder of the spools: what lies there while
// members are read holds no piece of them, and nothing is left behind, whatever
// happened.
func TestNothingInTheClear(t *testing.T) {
	clear := read(t, sample("seeds.csv"))
	pieces := strings.Split(strings.TrimSpace(string(clear)), "\n")
	for file, words := range map[string]string{
		"several.zip": "pass:passphrase.txt", "zip-in.gpg": "key:receiver.asc pass:passphrase.txt", "gzip-in.age": "key:age.txt",
		"plain.zip": "", "signed.gpg": "key:receiver.asc",
	} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		written := spy{dir: dir, pieces: pieces, t: t}
		o := opener(t, given(t, words))
		o.Spool = written.spool
		src, err := seedfile.FileSource(sample(file))
		if err != nil {
			t.Fatal(err)
		}
		d, err := o.Open(context.Background(), src)
		if err != nil {
			t.Fatal(describe(err))
		}
		written.look()
		for _, m := range d.Members {
			content(t, m.Source)
		}
		written.look()
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 || written.seen == 0 {
			t.Errorf("%s: %d files left, %d bytes looked at", file, len(left), written.seen)
		}
	}
}
