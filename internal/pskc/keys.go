package pskc

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"iter"
	"strings"

	"fob/internal/fault"
)

// Keys are what the operator has for a container. Nothing that they hand out is
// the caller's to keep.
type Keys interface {
	// KeyFiles are the contents of the key files by their names.
	KeyFiles() iter.Seq2[string, []byte]
	// Unlock tries passphrases until one fits, then asks for one; what says what
	// for. It reports whether one fitted and whether there was any.
	Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error)
	// Derived keeps the result of a slow derivation, for the next reading of the
	// same file.
	Derived(id string, derive func() ([]byte, error)) ([]byte, error)
}

// noKeys are those of an operator who has none.
type noKeys struct{}

func (noKeys) KeyFiles() iter.Seq2[string, []byte] { return func(func(string, []byte) bool) {} }

func (noKeys) Unlock(string, func([]byte) (bool, error)) (fits, tried bool, err error) {
	return false, false, nil
}

func (noKeys) Derived(_ string, derive func() ([]byte, error)) ([]byte, error) { return derive() }

// NeedError is why a container cannot be read as the operator asked, and Field
// what they would have to say. It wraps a fault.Error.
type NeedError struct {
	Field fault.Field
	why   *fault.Error
}

// Need makes one.
func Need(field fault.Field, why *fault.Error) NeedError { return NeedError{field, why} }

func (e NeedError) Error() string { return e.why.Error() }

// Unwrap is the error with its kind and hint.
func (e NeedError) Unwrap() error { return e.why }

// Needs is the field, for those who look for errors that have any.
func (e NeedError) Needs() fault.Field { return e.Field }

func countFiles(k Keys) (n int) {
	for range k.KeyFiles() {
		n++
	}
	return n
}

// eachShared yields every key that the key files may hold, in every way that keys
// are written: the bytes themselves, hex, base64, each perhaps with a line end
// behind. The length decides, 0 takes any.
func eachShared(k Keys, size int, yield func([]byte) bool) {
	for _, data := range k.KeyFiles() {
		for _, key := range sharedForms(data) {
			fits := size == 0 && len(key) <= maxKey*4 || len(key) == size
			if fits && len(key) > 0 && !yield(key) {
				return
			}
		}
	}
}

// sharedForms reads a key file in every way. Few files have more than one.
func sharedForms(data []byte) [][]byte {
	forms := [][]byte{data}
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(text) < len(data) {
		forms = append(forms, bytes.TrimRight(data, "\r\n"), text)
	}
	if key, err := hex.DecodeString(string(keyDigits(text))); err == nil {
		forms = append(forms, key)
	}
	if key, err := base64.StdEncoding.Strict().DecodeString(string(squeeze(bytes.Clone(text)))); err == nil {
		forms = append(forms, key)
	}
	return forms
}

// keyDigits are the digits of a key in hex, without what people put between.
func keyDigits(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" :-\n\r\t", r) {
			return -1
		}
		return r
	}, bytes.TrimPrefix(text, []byte("0x")))
}

// rsaKeys reads the RSA keys of a key file: PKCS #1 or PKCS #8, each in PEM or
// DER.
func rsaKeys(data []byte) (all []*rsa.PrivateKey) {
	if key := rsaKey(data); key != nil {
		return []*rsa.PrivateKey{key}
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if key := rsaKey(block.Bytes); key != nil && strings.HasSuffix(block.Type, "PRIVATE KEY") {
			all = append(all, key)
		}
	}
	return all
}

func rsaKey(der []byte) *rsa.PrivateKey {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	any, _ := x509.ParsePKCS8PrivateKey(der)
	key, _ := any.(*rsa.PrivateKey)
	return key
}

// held says what the key files hold that are of no use, each in a few words: a
// person who has the wrong one, or a damaged one, sees which. What is said of a
// key is its length.
func (o *opener) held() string {
	const most = 3
	var all []string
	for name, data := range o.keys.KeyFiles() {
		if len(all) == most {
			all = append(all, "and so on")
			break
		}
		all = append(all, fmt.Sprintf("%q holds %s", clip(name), heldIn(data)))
	}
	return strings.Join(all, "; ")
}

// pemKinds are what stands in PEM, by the ends of its types.
var pemKinds = []struct{ end, kind string }{
	{"CERTIFICATE", "a certificate, which is the public half"},
	{"PUBLIC KEY", "a public key"},
	{"ENCRYPTED PRIVATE KEY", lockedKey},
	{"OPENSSH PRIVATE KEY", "a private key in the form of OpenSSH"},
	{"PRIVATE KEY", otherKey},
	{"", "something else in PEM"},
}

const (
	lockedKey = "a private key behind a passphrase, protected in a way that fob does not read"
	otherKey  = "a private key, not this one"
	pkcs12    = "a PKCS #12 store"
)

// heldIn is what one key file seems to hold.
func heldIn(data []byte) string {
	if block, _ := pem.Decode(data); block != nil {
		if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return lockedKey
		}
		if readLocked(block.Bytes) != nil {
			return otherKey
		}
		for _, k := range pemKinds {
			if strings.HasSuffix(block.Type, k.end) {
				return k.kind
			}
		}
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	digits := keyDigits(text)
	n := len(digits)
	_, notHex := hex.DecodeString(string(digits) + "0"[:n%2])
	key, notBase64 := base64.StdEncoding.Strict().DecodeString(string(squeeze(bytes.Clone(text))))
	switch {
	case len(rsaKeys(data)) > 0:
		return otherKey
	case isPKCS12(data):
		return pkcs12
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "text in UTF-16; save it as UTF-8"
	case n > 0 && notHex == nil && n%2 == 0:
		return fmt.Sprintf("%d bytes in hex", n/2)
	case n > 0 && notHex == nil:
		return fmt.Sprintf("%d hex digits, one too many or too few", n)
	case notBase64 == nil:
		return fmt.Sprintf("%d bytes in base64", len(key))
	}
	return fmt.Sprintf("%d bytes that are neither hex nor base64", len(data))
}

// isPKCS12 knows a .p12 or .pfx by its beginning: a sequence with the version 3
// (RFC 7292 section 4).
func isPKCS12(data []byte) bool {
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(data, &outer); err != nil || len(rest) > 0 || outer.Tag != asn1.TagSequence {
		return false
	}
	var version int
	_, err := asn1.Unmarshal(outer.Bytes, &version)
	return err == nil && version == 3
}
