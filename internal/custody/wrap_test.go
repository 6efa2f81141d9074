package custody

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"

	"fob/internal/fault"
)

// pair is a custodian key: what goes to --recipient and into the file.
type pair struct {
	name, kind, public, private string
	person                      *person
}

func nativePair(t testing.TB, kind string) pair {
	id := newTestIdentity(t, kind)
	return pair{name: kind, kind: kind, public: id.Recipient().Text, private: id.held.get().text}
}

func sshPair(t testing.TB, kind, passphrase string) pair {
	t.Helper()
	var private any
	var public ssh.PublicKey
	if kind == KindSSHEd25519 {
		pub, priv, err := ed25519.GenerateKey(rand.Reader)
		must(t, err)
		private, public = priv, sshPublic(t, pub)
	} else {
		priv, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		private, public = priv, sshPublic(t, &priv.PublicKey)
	}
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(private, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	must(t, err)
	p := pair{name: kind, kind: kind, private: string(pem.EncodeToMemory(block)),
		public: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + " anna@laptop"}
	if passphrase != "" {
		p.name, p.person = kind+" with passphrase", &person{secret: passphrase}
	}
	return p
}

func sshPublic(t testing.TB, key any) ssh.PublicKey {
	t.Helper()
	public, err := ssh.NewPublicKey(key)
	must(t, err)
	return public
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pluginPair(t testing.TB) pair {
	id := newTestIdentity(t, KindX25519)
	return pair{
		name: "plugin", kind: "age-plugin-fobtest", person: &person{secret: testPIN},
		public:  plugin.EncodeRecipient(testPlugin, []byte(id.Recipient().Text)),
		private: plugin.EncodeIdentity(testPlugin, []byte(id.held.get().text)),
	}
}

// protectedPair has an identity file encrypted with a passphrase.
func protectedPair(t testing.TB) pair {
	p := nativePair(t, KindX25519)
	p.name, p.person = "passphrase", &person{secret: "correct horse"}
	p.private = protect(t, p.private, "correct horse", 10, false)
	return p
}

func allPairs(t testing.TB) []pair {
	return []pair{
		nativePair(t, KindX25519), nativePair(t, KindHybrid), protectedPair(t), pluginPair(t),
		sshPair(t, KindSSHEd25519, ""), sshPair(t, KindSSHRSA, ""), sshPair(t, KindSSHEd25519, "sesame"),
	}
}

func recipient(t testing.TB, text string) Recipient {
	t.Helper()
	r, err := ParseRecipient(text)
	must(t, err)
	return r
}

// asPrompter keeps a nil *person from becoming a Prompter that is not nil.
func (p *person) asPrompter() Prompter {
	if p == nil {
		return nil
	}
	return p
}

func TestWrapUnwrap(t *testing.T) {
	installTestPlugin(t)
	for _, p := range allPairs(t) {
		t.Run(p.name, func(t *testing.T) {
			r := recipient(t, p.public)
			if r.Kind != p.kind {
				t.Errorf("kind %s, want %s", r.Kind, p.kind)
			}
			w, err := Wrap([]Key{testKey(5)}, []Recipient{r}, nil)
			must(t, err)
			ids, err := ReadIdentities(writeFile(t, p.private), p.person.asPrompter())
			must(t, err)
			for range 2 { // a keyring needs two keys
				key, err := unwrapOne(w, ids)
				must(t, err)
				if !bytes.Equal(key.bytes(), testKey(5).bytes()) {
					t.Error("another key came out")
				}
			}
			if p.person != nil && len(p.person.prompts) == 0 {
				t.Error("nobody was asked")
			}
		})
	}
}

func TestAnyCustodianOpens(t *testing.T) {
	installTestPlugin(t)
	var to []Recipient
	var pairs []pair
	for _, p := range allPairs(t) {
		if p.kind != KindHybrid {
			pairs, to = append(pairs, p), append(to, recipient(t, p.public))
		}
	}
	w, err := Wrap([]Key{testKey(5)}, to, nil)
	must(t, err)
	for _, p := range pairs {
		ids, err := ReadIdentities(writeFile(t, p.private), p.person.asPrompter())
		must(t, err)
		if _, err := unwrapOne(w, ids); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	ids := newTestIdentity(t, KindX25519).Identities()
	_, err = unwrapOne(w, ids)
	wantError(t, err, fault.KeyTrouble, "does not open this store")
}

// TestQuietIdentitiesFirst: no PIN is asked for if a key without one will do.
func TestQuietIdentitiesFirst(t *testing.T) {
	installTestPlugin(t)
	loud, quiet := pluginPair(t), nativePair(t, KindX25519)
	w, err := Wrap([]Key{testKey(5)}, []Recipient{recipient(t, loud.public), recipient(t, quiet.public)}, nil)
	must(t, err)
	ids, err := ReadIdentities(writeFile(t, loud.private+"\n"+quiet.private+"\n"), loud.person)
	must(t, err)
	_, err = unwrapOne(w, ids)
	must(t, err)
	if len(loud.person.prompts) != 0 {
		t.Errorf("asked %q", loud.person.prompts)
	}
}

func TestWrapRefuses(t *testing.T) {
	x, pq := recipient(t, nativePair(t, KindX25519).public), recipient(t, nativePair(t, KindHybrid).public)
	_, err := Wrap([]Key{testKey(5)}, nil, nil)
	wantError(t, err, fault.Usage, "without a recipient")
	_, err = Wrap([]Key{Key{}}, []Recipient{x}, nil)
	wantError(t, err, fault.Internal, "0 bytes")
	_, err = Wrap([]Key{testKey(5)}, []Recipient{x, pq}, nil)
	wantError(t, err, fault.NotAllowed, "post-quantum")
	_, err = Wrap([]Key{testKey(5)}, []Recipient{pq, x}, nil)
	wantError(t, err, fault.NotAllowed, "post-quantum")
	if _, err = Wrap([]Key{testKey(5)}, []Recipient{pq, pq}, nil); err != nil {
		t.Error(err)
	}
}

func TestPluginTrouble(t *testing.T) {
	missing := recipient(t, plugin.EncodeRecipient("nowhere", []byte("x")))
	_, err := Wrap([]Key{testKey(5)}, []Recipient{missing}, nil)
	wantError(t, err, fault.KeyTrouble, "age-plugin-nowhere is not installed")

	installTestPlugin(t)
	broken := recipient(t, plugin.EncodeRecipient(testPlugin, []byte("no key")))
	_, err = Wrap([]Key{testKey(5)}, []Recipient{recipient(t, nativePair(t, KindX25519).public), broken}, nil)
	wantError(t, err, fault.KeyTrouble, shorten(broken.Text))
	mixed := recipient(t, nativePair(t, KindHybrid).public)
	_, err = Wrap([]Key{testKey(5)}, []Recipient{mixed, recipient(t, pluginPair(t).public)}, nil)
	wantError(t, err, fault.KeyTrouble, "post-quantum")

	p := pluginPair(t)
	w, err := Wrap([]Key{testKey(5)}, []Recipient{recipient(t, p.public)}, nil)
	must(t, err)
	try := func(private string, asked Prompter) error {
		ids, err := ReadIdentities(writeFile(t, private), asked)
		must(t, err)
		_, err = unwrapOne(w, ids)
		return err
	}
	wantError(t, try(p.private, nil), fault.KeyTrouble, "no terminal", testPIN)
	wantError(t, try(p.private, &person{secret: "314159"}), fault.KeyTrouble, "wrong PIN", "314159")
	wantError(t, try(p.private, &person{err: errors.New("tty gone")}), fault.KeyTrouble, "tty gone")
	stopped := fault.Errorf(fault.Interrupted, "interrupted")
	wantError(t, try(p.private, &person{err: stopped}), fault.Interrupted, "interrupted")
	wantError(t, try(plugin.EncodeIdentity("nowhere", nil), nil), fault.KeyTrouble, "age-plugin-nowhere is not installed")
}

// TestPluginWords: what a plugin says names it and cannot command a terminal.
func TestPluginWords(t *testing.T) {
	installTestPlugin(t)
	p := pluginPair(t)
	w, err := Wrap([]Key{testKey(5)}, []Recipient{recipient(t, p.public)}, nil)
	must(t, err)
	ids, err := ReadIdentities(writeFile(t, p.private), p.person)
	must(t, err)
	_, err = unwrapOne(w, ids)
	must(t, err)
	for _, text := range append(p.person.shown, p.person.prompts...) {
		if !strings.HasPrefix(text, "age-plugin-fobtest: ") || strings.Contains(text, "\x1b") {
			t.Errorf("%q", text)
		}
	}
	if len(p.person.shown) != 1 || len(p.person.prompts) != 3 {
		t.Errorf("shown %q, asked %q", p.person.shown, p.person.prompts)
	}
}

// TestDamagedWrap changes every byte of a wrapped key: none may open, and
// nothing may panic.
func TestDamagedWrap(t *testing.T) {
	id := newTestIdentity(t, KindX25519)
	w, err := Wrap([]Key{testKey(5)}, []Recipient{id.Recipient()}, nil)
	must(t, err)
	for i := range w {
		changed := bytes.Clone(w)
		changed[i] ^= 1
		_, err := unwrapOne(changed, id.Identities())
		if kind := fault.KindOf(err); err == nil || kind != fault.Integrity && kind != fault.KeyTrouble {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for n := range w {
		if _, err := unwrapOne(w[:n], id.Identities()); fault.KindOf(err) != fault.Integrity {
			t.Fatalf("%d bytes of it: %v", n, err)
		}
	}
	wantError(t, func() error { _, err := unwrapOne(nil, id.Identities()); return err }(), fault.Integrity, "damaged")
}

// TestWrapOfAnotherSize: age vouches for who sealed nothing, so what comes out
// is checked.
func TestWrapOfAnotherSize(t *testing.T) {
	id := newTestIdentity(t, KindX25519)
	for _, n := range []int{0, 16, 31, 33, 64, 100000} {
		var out bytes.Buffer
		w, err := age.Encrypt(&out, id.held.get().opened.(*age.X25519Identity).Recipient())
		must(t, err)
		_, err = w.Write(make([]byte, n))
		must(t, err)
		must(t, w.Close())
		_, err = unwrapOne(out.Bytes(), id.Identities())
		wantError(t, err, fault.Integrity, "not 1 keys of 32 bytes")
	}
}
