package pskc

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
)

// findPassphrase tries the operator's passphrases.
func (o *opener) findPassphrase(try func(unlocked) bool) error {
	e := o.h.Encryption
	what := "the PSKC container"
	if e.KeyName != "" {
		what += "," + named(e.KeyName)
	}
	fits, tried, err := o.keys.Unlock(what, func(pass []byte) (bool, error) {
		key, err := o.derive(*e.Derivation, pass)
		return err == nil && try(unlocked{bytes: key}), err
	})
	if err != nil || tried {
		return cmp.Or(err, o.wrong(fits, 1))
	}
	return NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble,
		"the values are encrypted with %s and a key that is made of a passphrase%s", o.way, named(e.KeyName)).
		WithHint("give it with %s, whose first line counts; several may be given; a key file does not stand for it", passphraseFile)}
}

var keyFile, passphraseFile = fault.KeyFile.Is("FILE"), fault.PassphraseFile.Is("FILE")

// derive makes a key of a passphrase, once for all readings of the file.
func (o *opener) derive(p PBKDF2, pass []byte) ([]byte, error) {
	return o.keys.Derived(p.id(pass), func() ([]byte, error) { return p.Derive(pass) })
}

// findShared tries the operator's key files as the key itself.
func (o *opener) findShared(try func(unlocked) bool) error {
	name, size := "", o.way.cipher.KeySize()
	if o.h.Encryption != nil {
		name = named(o.h.Encryption.KeyName)
	}
	some, fits := false, false
	attempt := func(key []byte) bool {
		some = true
		fits = try(unlocked{bytes: bytes.Clone(key)})
		return !fits
	}
	if eachShared(o.keys, size, attempt); !fits && o.way.cipher.uri == tripleDES {
		// Two keys of 8 bytes make three, the first again as the third (NIST SP 800-67
		// section 3.1, keying option 2).
		eachShared(o.keys, twoKeys, func(key []byte) bool { return attempt(append(bytes.Clone(key), key[:8]...)) })
	}
	if some {
		return o.wrong(fits, 2)
	}
	why := fault.Errorf(fault.KeyTrouble, "the values are encrypted with %s and a pre-shared key%s", o.way, name)
	if held := o.held(); held != "" {
		why = fault.Errorf(fault.KeyTrouble, "no key file has a key of %d bytes, which %s needs for the pre-shared key%s: %s", size, o.way, name, held)
	}
	return NeedError{fault.KeyFile, why.
		WithHint("give it with %s: %d bytes, as they are, in hex or in base64; several may be given; no passphrase stands for it", keyFile, size)}
}

// findRSA tries the private keys among the key files: the one of a certificate,
// where the container has it, else all; those behind passphrases only when no
// other will do.
func (o *opener) findRSA(try func(unlocked) bool) error {
	e := o.h.Encryption
	some, fits := false, false
	attempt := func(key *rsa.PrivateKey) bool {
		if e.isFor(key) {
			some = true
			fits = try(unlocked{rsa: key})
		}
		return fits
	}
	for _, data := range o.keys.KeyFiles() {
		if slices.ContainsFunc(rsaKeys(data), attempt) {
			return nil
		}
	}
	if !some {
		if err := o.tryLocked(attempt); err != nil {
			return err
		}
	}
	if some {
		return o.wrong(fits, 2)
	}
	held, what := o.held(), fmt.Sprintf("the values are encrypted with %s to %s, whose private key is in no key file", o.way, e.certificateName())
	if held != "" {
		what += ": " + held
	}
	convert := ""
	if strings.Contains(held, lockedKey) {
		convert = "; convert the one behind a passphrase: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out COPY"
	} else if strings.Contains(held, pkcs12) {
		convert = "; take the one in PKCS #12 out: openssl pkcs12 -in FILE -nocerts -out COPY"
	}
	return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble, "%s", what).
		WithHint("give it with %s, in PEM or DER; several may be given%s", keyFile, convert)}
}

// tryLocked tries the private keys behind passphrases. What keeps one closed is
// the error.
func (o *opener) tryLocked(try func(*rsa.PrivateKey) bool) error {
	for name, data := range o.keys.KeyFiles() {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			locked := readLocked(block.Bytes)
			if block.Type != "ENCRYPTED PRIVATE KEY" || locked == nil {
				continue
			}
			fits := false
			opened, tried, err := o.keys.Unlock("the private key "+clip(name), func(pass []byte) (bool, error) {
				key, err := o.derive(locked.kdf, pass)
				if err != nil {
					return false, err
				}
				private := locked.open(key)
				fits = private != nil && try(private)
				return private != nil, nil
			})
			switch {
			case err != nil || fits:
				return err
			case !tried:
				return NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble, "the private key %q is behind a passphrase", clip(name)).
					WithHint("give it with %s, whose first line counts; several may be given", passphraseFile)}
			case !opened:
				return NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble, "no passphrase opens the private key %q", clip(name)).
					WithHint("give the one that the key was made with, with %s; several may be given", passphraseFile)}
			}
		}
	}
	return nil
}

// wrong says of keys of which none fits that they are wrong, or that the MAC key is
// missing where fewer key files were given than it takes. Which of the two it is
// does not depend on any secret.
func (o *opener) wrong(fits bool, files int) error {
	if fits {
		return nil
	}
	if m := o.h.MAC; m != nil && m.Reference != "" && countFiles(o.keys) < files {
		return NeedError{fault.KeyFile, fault.Errorf(fault.KeyTrouble, "the MACs are made with a key of their own%s", named(m.Reference)).
			WithHint("give it with %s besides the other; the order does not matter", keyFile)}
	}
	return ErrKey
}

// isFor reports whether a private key may be that of the container's certificate.
func (e *Encryption) isFor(key *rsa.PrivateKey) bool {
	for _, der := range e.Certificates {
		if cert, err := x509.ParseCertificate(der); err == nil && key.PublicKey.Equal(cert.PublicKey) {
			return true
		}
	}
	return len(e.Certificates) == 0
}

func (e *Encryption) certificateName() string {
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
