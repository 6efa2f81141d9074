package delivery

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"iter"

	"filippo.io/age"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// Given is what the operator names for a delivery.
type Given struct {
	KeyFiles        []string
	PassphraseFiles []string
	// SignedBy is a file with an OpenPGP public key: every member must then have
	// come out of a message that this key signed. What a certificate must have
	// signed is inside, see Keys.Certificate.
	SignedBy string
	// Prompt asks a person for a passphrase, as the last resort; nil: nobody can
	// be asked.
	Prompt func(prompt string) ([]byte, error)
}

// Keys are the keys and passphrases for a delivery. They are tried at each
// layer. They print as "[keys]", and one goroutine at a time uses them.
type Keys struct {
	passphrases []passphrase
	ages        []age.Identity
	lockedAges  []lockedFile
	pgp         []pgpKey
	raw         []keyFile
	signers     openpgp.EntityList
	signedBy    string
	certificate *x509.Certificate
	derived     map[string][]byte
	prompt      func(string) ([]byte, error)
}

// String and Format keep keys out of messages, whatever prints them.
func (*Keys) String() string { return "[keys]" }

// Format prints the same under every verb.
func (*Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[keys]") }

// keyFile is a key file as it is.
type keyFile struct {
	name string
	data []byte
}

type passphrase struct {
	from string // a file, or "the terminal"
	text []byte
}

// lockedFile is a key file that is itself encrypted with a passphrase.
type lockedFile struct {
	name string
	data []byte
}

// pgpKey is an OpenPGP private key and the file that it came from.
type pgpKey struct {
	name   string
	entity *openpgp.Entity
}

// Read reads all files, each once: one may be a pipe. What is remarkable but no
// obstacle comes as warnings. Errors are of kind KeyTrouble, Internal when a
// file cannot be read, and quote nothing of it. The caller clears the Keys.
func (g Given) Read() (keys *Keys, warnings []string, err error) {
	k := &Keys{prompt: g.Prompt, signedBy: g.SignedBy}
	defer func() {
		if err != nil {
			k.Clear()
		}
	}()
	for _, path := range g.PassphraseFiles {
		data, warning, err := readSecret("passphrase file", path)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, warning...)
		if err := k.addPassphrase(path, data); err != nil {
			return nil, nil, err
		}
	}
	for _, path := range g.KeyFiles {
		data, warning, err := readSecret("key file", path)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, warning...)
		if err := k.addKeyFile(path, data); err != nil {
			return nil, nil, err
		}
	}
	if g.SignedBy != "" {
		if err := k.readSigner(g.SignedBy); err != nil {
			return nil, nil, err
		}
	}
	return k, warnings, nil
}

// Clear overwrites what can be overwritten.
func (k *Keys) Clear() {
	for _, p := range k.passphrases {
		clear(p.text)
	}
	for _, r := range k.raw {
		clear(r.data)
	}
	for _, key := range k.derived {
		clear(key)
	}
	for _, l := range k.lockedAges {
		clear(l.data)
	}
	*k = Keys{}
}

// KeyFiles gives the contents of the key files by their names, for readers of
// formats that are encrypted inside: a file may be the key of what is inside, a
// PSKC container for one, which only its reader can tell.
func (k *Keys) KeyFiles() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, f := range k.raw {
			if !yield(f.name, f.data) {
				return
			}
		}
	}
}

// Derived keeps what a slow derivation gave, until Clear.
func (k *Keys) Derived(id string, derive func() ([]byte, error)) ([]byte, error) {
	if key, ok := k.derived[id]; ok {
		return key, nil
	}
	key, err := derive()
	if err != nil {
		return nil, err
	}
	if k.derived == nil {
		k.derived = map[string][]byte{}
	}
	k.derived[id] = key
	return key, nil
}

// Certificate is that of the --signed-by file when that is no OpenPGP key:
// whoever reads what is inside has to demand a signature by it.
func (k *Keys) Certificate() *x509.Certificate { return k.certificate }

var _ seedfile.Keys = (*Keys)(nil)

// addPassphrase takes the first line of a passphrase file. Blanks at its end
// count: they may belong to the passphrase.
func (k *Keys) addPassphrase(path string, data []byte) error {
	if isUTF16(data) {
		return fault.Errorf(fault.KeyTrouble, "the passphrase file %q is written in UTF-16, as PowerShell and Notepad do", path).
			WithHint("save it as UTF-8: (umask 077; iconv -f UTF-16 -t UTF-8 OLD > NEW)")
	}
	line, _, _ := bytes.Cut(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return fault.Errorf(fault.KeyTrouble, "the first line of the passphrase file %q is empty", path).
			WithHint("the first line is the passphrase, the others do not count")
	}
	k.passphrases = append(k.passphrases, passphrase{path, line})
	return nil
}

func isUTF16(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	marked := hasPrefix(b, "\xff\xfe") || hasPrefix(b, "\xfe\xff")
	return marked || (b[0] == 0) != (b[1] == 0)
}

// Unlock tries every passphrase on what, then asks for one. It returns whether
// one fitted, and whether there was any to try. An error of try is final. A
// passphrase that a person gave is kept for the layers to come.
func (k *Keys) Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error) {
	for _, p := range k.passphrases {
		if fits, err := try(p.text); fits || err != nil {
			return fits, true, err
		}
	}
	tried = len(k.passphrases) > 0
	if k.prompt == nil {
		return false, tried, nil
	}
	for n := range maxAsked {
		question := "Passphrase of " + what
		if n > 0 {
			question = "That does not open it. " + question
		}
		pass, err := k.prompt(question)
		if err != nil && fault.KindOf(err) == fault.KeyTrouble {
			return false, tried, nil // nobody is there; the layer says what it needs
		}
		if err != nil {
			return false, tried, err
		}
		if len(pass) == 0 {
			return false, tried, nil // Enter alone: there is none
		}
		tried = true
		fits, err := try(pass)
		if fits {
			k.passphrases = append(k.passphrases, passphrase{"the terminal", pass})
			return true, true, nil
		}
		clear(pass)
		if err != nil {
			return false, true, err
		}
	}
	return false, true, nil
}
