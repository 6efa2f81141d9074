package pskc

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"fob/internal/fault"
	"strings"
)

// findPassphrase tries the operator's passphrases.
func (o *opener) findPassphrase(h *Header, try func(unlocked) bool) error {
	e := h.Encryption
	missing := NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble,
		"the values are encrypted with %s and a key that is made of a passphrase%s", o.way, named(e.KeyName)).
		WithHint("give it with --passphrase-file FILE, whose first line counts; several may be given; a key file does not stand for it")}
	if o.keys == nil {
		return missing
	}
	what := "the PSKC container"
	if named := named(e.KeyName); named != "" {
		what += "," + named
	}
	fits, tried, err := o.keys.Unlock(what, func(pass []byte) (bool, error) {
		key, err := o.keys.Derived(e.Derivation.id(pass), func() ([]byte, error) { return e.Derivation.Derive(pass) })
		if err != nil {
			return false, err
		}
		return try(unlocked{bytes: key}), nil
	})
	switch {
	case err != nil:
		return err
	case !tried:
		return missing
	case !fits:
		return o.wrong(h, 1)
	}
	return nil
}

// findShared tries the operator's key files as the key itself.
func (o *opener) findShared(h *Header, try func(unlocked) bool) error {
	name := ""
	if h.Encryption != nil {
		name = h.Encryption.KeyName
	}
	size := o.way.cipher.KeySize()
	some, fits := false, false
	o.eachShared(size, func(key []byte) bool {
		some = true
		fits = try(unlocked{bytes: bytes.Clone(key)})
		return !fits
	})
	hint := fmt.Sprintf("give it with --key-file FILE: %d bytes, as they are, in hex or in base64; several may be given; no passphrase stands for it", size)
	switch {
	case fits:
		return nil
	case some:
		return o.wrong(h, 2)
	case o.hasFiles():
		return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble,
			"no key file has a key of %d bytes, which %s needs for the pre-shared key%s: %s", size, o.way, named(name), o.held()).WithHint("%s", hint)}
	}
	return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble,
		"the values are encrypted with %s and a pre-shared key%s", o.way, named(name)).WithHint("%s", hint)}
}

// findRSA tries the private keys among the key files: the one of a certificate,
// where the container has it, else all; those behind passphrases only when no
// other will do.
func (o *opener) findRSA(h *Header, try func(unlocked) bool) error {
	e := h.Encryption
	some, fits := false, false
	attempt := func(key *rsa.PrivateKey) bool {
		some = true
		fits = try(unlocked{rsa: key})
		return fits
	}
	o.eachRSA(func(key *rsa.PrivateKey) bool { return !isFor(e, key) || !attempt(key) })
	if !some {
		if _, err := o.findLocked(e, attempt); err != nil {
			return err
		}
	}
	switch {
	case fits:
		return nil
	case some:
		return o.wrong(h, 2)
	}
	what := fmt.Sprintf("the values are encrypted with %s to %s, whose private key is in no key file", o.way, certificateName(e))
	hint := "give it with --key-file FILE, in PEM or DER; several may be given"
	if held := o.held(); held != "" {
		what += ": " + held
	}
	switch {
	case o.holds(lockedKey):
		hint += "; convert the one behind a passphrase: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out COPY"
	case o.holds(pkcs12):
		hint += "; take the one in PKCS #12 out: openssl pkcs12 -in FILE -nocerts -out COPY"
	}
	return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble, "%s", what).WithHint("%s", hint)}
}

// wrong is ErrKey, or says that the MAC key is missing where fewer key files were
// given than it takes. Which of the two it is does not depend on any secret.
func (o *opener) wrong(h *Header, files int) error {
	if h.MAC == nil || h.MAC.Reference == "" {
		return ErrKey
	}
	for range o.keys.KeyFiles() {
		files--
	}
	if files <= 0 {
		return ErrKey
	}
	return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble, "the MACs are made with a key of their own%s", named(h.MAC.Reference)).
		WithHint("give it with --key-file FILE besides the other; the order does not matter")}
}

// isFor reports whether a private key may be that of the container's certificate.
func isFor(e *Encryption, key *rsa.PrivateKey) bool {
	for _, der := range e.Certificates {
		cert, err := x509.ParseCertificate(der)
		if err == nil && key.PublicKey.Equal(cert.PublicKey) {
			return true
		}
	}
	return len(e.Certificates) == 0
}

func certificateName(e *Encryption) string {
	for _, der := range e.Certificates {
		if cert, err := x509.ParseCertificate(der); err == nil {
			return fmt.Sprintf("the certificate %q, serial number %x", clip(cert.Subject.String()), cert.SerialNumber)
		}
	}
	return "a certificate that the container does not have"
}

// named is a key's name in messages. It is for people, yet comes from the file.
func named(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" named %q", clip(name))
}

// clip keeps words of the file short and on one line.
func clip(words string) string {
	words = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, words)
	if len(words) > maxShownWords {
		return words[:maxShownWords] + "…"
	}
	return words
}
