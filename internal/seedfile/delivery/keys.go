package delivery

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"runtime"

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
// layer. They are written as "[keys]", and one goroutine at a time uses them.
type Keys struct {
	passphrases [][]byte
	ages        []age.Identity
	lockedAges  []keyFile // encrypted with a passphrase
	pgp         []pgpKey
	raw         []keyFile
	signers     openpgp.EntityList
	signedBy    string
	certificate *x509.Certificate
	derived     map[string][]byte
	prompt      func(string) ([]byte, error)
}

// String and Format keep keys out of messages.
func (*Keys) String() string { return "[keys]" }

// Format writes the same under every verb.
func (*Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[keys]") }

// keyFile is a key file as it is.
type keyFile struct {
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
	for _, kind := range []struct {
		what  string
		paths []string
		add   func(path string, data []byte) error
	}{{"passphrase file", g.PassphraseFiles, k.addPassphrase}, {"key file", g.KeyFiles, k.addKeyFile}} {
		for _, path := range kind.paths {
			data, warning, err := readSecret(kind.what, path)
			if err != nil {
				return nil, nil, err
			}
			warnings = append(warnings, warning...)
			if err := kind.add(path, data); err != nil {
				return nil, nil, err
			}
		}
	}
	if g.SignedBy != "" {
		if err := k.readSigner(g.SignedBy); err != nil {
			return nil, nil, err
		}
	}
	return k, warnings, nil
}

// readSecret reads a key or passphrase file, which may be a pipe. One that
// others can read is remarked, not refused: it is the supplier's secret, often
// in a folder that a team shares.
func readSecret(what any, path string) (data []byte, warnings []string, err error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fault.Errorf(fault.KeyTrouble, "there is no %s %q", what, path).WithHint("check the name and the folder")
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, fault.Errorf(fault.KeyTrouble, "the %s %q may not be read by this user", what, path).
			WithHint("ask its owner, or run fob as who may read it")
	case err != nil:
		return nil, nil, fault.Wrap(fault.Internal, err, "opening the %s %q", what, path)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "reading the %s %q", what, path)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, nil, fault.Errorf(fault.KeyTrouble, "the %s %q is a folder", what, path).WithHint("name the file in it")
	case mode.IsRegular() && runtime.GOOS != "windows" && mode.Perm()&0o077 != 0:
		warnings = append(warnings, fmt.Sprintf("the %s %q is open to other users (mode %04o): chmod 600 %s", what, path, mode.Perm(), path))
	}
	data, err = io.ReadAll(io.LimitReader(f, MaxKeyFile+1))
	switch {
	case err != nil:
		return nil, nil, fault.Wrap(fault.Internal, err, "reading the %s %q", what, path)
	case len(data) > MaxKeyFile:
		clear(data)
		return nil, nil, fault.Errorf(fault.KeyTrouble, "the %s %q has more than %d bytes, no key has", what, path, MaxKeyFile).
			WithHint("were the files exchanged?")
	case len(data) == 0:
		return nil, nil, fault.Errorf(fault.KeyTrouble, "the %s %q is empty", what, path).WithHint("look at where it came from")
	}
	return data, warnings, nil
}

// Clear overwrites what can be overwritten.
func (k *Keys) Clear() {
	for _, p := range k.passphrases {
		clear(p)
	}
	for _, f := range append(k.raw, k.lockedAges...) {
		clear(f.data)
	}
	for _, key := range k.derived {
		clear(key)
	}
	*k = Keys{}
}

// KeyFiles returns the contents of the key files by their names, for readers of
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

// Derived keeps what a slow derivation returned, until Clear.
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

// Certificate is that of the signer when the file holds no OpenPGP key: the reader
// of what is inside has to demand a signature by it.
func (k *Keys) Certificate() *x509.Certificate { return k.certificate }

var _ seedfile.Keys = (*Keys)(nil)

// addPassphrase takes the first line of a passphrase file. Blanks at its end
// count: they may belong to the passphrase.
func (k *Keys) addPassphrase(path string, data []byte) error {
	if hasPrefix(data, "\xff\xfe") || hasPrefix(data, "\xfe\xff") || len(data) > 1 && (data[0] == 0) != (data[1] == 0) {
		return fault.Errorf(fault.KeyTrouble, "the passphrase file %q is written in UTF-16, as PowerShell and Notepad do", path).
			WithHint("save it as UTF-8: (umask 077; iconv -f UTF-16 -t UTF-8 OLD > NEW)")
	}
	line, _, _ := bytes.Cut(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return fault.Errorf(fault.KeyTrouble, "the first line of the passphrase file %q is empty", path).
			WithHint("the first line is the passphrase, the others do not count")
	}
	k.passphrases = append(k.passphrases, line)
	return nil
}

// Unlock tries every passphrase on what, then asks for one. It returns whether
// one fitted, and whether there was any to try. An error of try is final. A
// passphrase that a person gave is kept for the layers to come.
func (k *Keys) Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error) {
	for _, p := range k.passphrases {
		if fits, err := try(p); fits || err != nil {
			return fits, true, err
		}
	}
	tried = len(k.passphrases) > 0
	if k.prompt == nil {
		return false, tried, nil
	}
	question := "Passphrase of " + what
	for range maxAsked {
		pass, err := k.prompt(question)
		switch {
		case err != nil && fault.KindOf(err) == fault.KeyTrouble:
			return false, tried, nil // nobody is there; the layer says what it needs
		case err != nil:
			return false, tried, err
		case len(pass) == 0:
			return false, tried, nil // Enter alone: there is none
		}
		tried = true
		fits, err := try(pass)
		if fits {
			k.passphrases = append(k.passphrases, pass)
			return true, true, nil
		}
		clear(pass)
		if err != nil {
			return false, true, err
		}
		question = "That does not open it. Passphrase of " + what
	}
	return false, true, nil
}

// unlock is Unlock for a layer of the file of a name, which is something (missing)
// that only a passphrase opens.
func (k *Keys) unlock(what, name, missing string, try func(pass []byte) (bool, error)) error {
	fits, tried, err := k.Unlock(what, try)
	switch {
	case err != nil:
		return err
	case !tried:
		return errMissing(name, missing, givePassphrase)
	case !fits:
		return errWrong(name)
	}
	return nil
}
