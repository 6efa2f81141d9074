package custody

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"fob/internal/fault"
	"fob/internal/token"
)

const (
	testPlugin = "fobtest"
	testPIN    = "271828"
)

// TestMain is the age plugin of the tests when it is called by that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == pluginProgram(testPlugin) {
		os.Exit(runTestPlugin())
	}
	os.Exit(m.Run())
}

// runTestPlugin wraps to an X25519 key, whose halves are the data of recipient
// and identity, and asks all that a plugin can ask before it unwraps.
func runTestPlugin() int {
	p, err := plugin.New(testPlugin)
	if err != nil {
		return 1
	}
	p.HandleRecipient(func(data []byte) (age.Recipient, error) {
		return age.ParseX25519Recipient(string(data))
	})
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		id, err := age.ParseX25519Identity(string(data))
		return &pinned{p, id}, err
	})
	return p.Main()
}

type pinned struct {
	p  *plugin.Plugin
	id *age.X25519Identity
}

func (i *pinned) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if err := i.p.DisplayMessage("touch\x1b[2J the key"); err != nil {
		return nil, err
	}
	pin, err := i.p.RequestValue("PIN", true)
	if err != nil {
		return nil, err
	}
	if pin != testPIN {
		return nil, errors.New("wrong PIN")
	}
	if yes, err := i.p.Confirm("really", "yes", "no"); err != nil || !yes {
		return nil, errors.Join(errors.New("not confirmed"), err)
	}
	if who, err := i.p.RequestValue("who", false); err != nil || who != "me" {
		return nil, errors.Join(errors.New("not me"), err)
	}
	return i.id.Unwrap(stanzas)
}

// installTestPlugin puts this test binary into the PATH as the plugin.
func installTestPlugin(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, pluginProgram(testPlugin))); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// person is a Prompter that answers by heart.
type person struct {
	secret  string
	err     error
	prompts []string
	shown   []string
}

func (p *person) Secret(prompt string) ([]byte, error) {
	p.prompts = append(p.prompts, prompt)
	return []byte(p.secret), p.err
}

func (p *person) Ask(prompt string) (string, error) {
	p.prompts = append(p.prompts, prompt)
	return "me", p.err
}

func (p *person) Confirm(prompt, _, _ string) (bool, error) {
	p.prompts = append(p.prompts, prompt)
	return true, p.err
}

func (p *person) Message(text string) error {
	p.shown = append(p.shown, text)
	return nil
}

// testKey is KeySize times the same byte.
func testKey(b byte) Key { return holdKey(bytes.Repeat([]byte{b}, KeySize)) }

var testStore = [16]byte{0: 0x01, 15: 0xfe}

func testKeyring(t testing.TB) *Keyring {
	t.Helper()
	k, err := OpenKeyring(testStore, 7, testKey(1), testKey(2))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testSeed() token.Seed { return token.NewSeed([]byte("12345678901234567890")) }

func newTestIdentity(t testing.TB, kind string) *Identity {
	t.Helper()
	id, err := GenerateIdentity(kind)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// writeFile writes a key file that only its owner may read.
func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantError checks kind and words of an error, and that no secret is in it.
func wantError(t testing.TB, err error, kind fault.Kind, words string, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", words)
	}
	var known *fault.Error
	if !errors.As(err, &known) {
		t.Fatalf("%v is no *fault.Error", err)
	}
	if known.Kind != kind {
		t.Errorf("kind %d of %q, want %d", known.Kind, err, kind)
	}
	text := err.Error() + "\n" + known.Advice.String()
	if !strings.Contains(text, words) {
		t.Errorf("error %q, want %q in it", text, words)
	}
	noSecret(t, fmt.Sprintf("%s\n%+v\n%#v", text, err, err), secrets...)
}

// noSecret fails when text holds a piece of a secret, 8 characters or more, in
// the clear.
func noSecret(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		for i := 0; i+8 <= len(s); i++ {
			if strings.Contains(text, s[i:i+8]) {
				t.Fatalf("a secret shows in %q", text)
			}
		}
	}
}

// unwrapOne opens what was wrapped as a single key.
func unwrapOne(w Wrapped, ids *Identities) (Key, error) {
	keys, err := Unwrap(w, 1, ids)
	if err != nil {
		return Key{}, err
	}
	return keys[0], nil
}
