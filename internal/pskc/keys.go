package pskc

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"fob/internal/fault"
	"iter"
	"strings"
)

// Keys are what the operator has for a container. Nothing that they hand out is
// the caller's to keep.
type Keys interface {
	// KeyFiles gives the contents of the key files by their names.
	KeyFiles() iter.Seq2[string, []byte]
	// Unlock tries passphrases until one fits, then asks for one; what says what
	// for. It reports whether one fitted and whether there was any.
	Unlock(what string, try func(pass []byte) (bool, error)) (fits, tried bool, err error)
	// Derived keeps what a slow derivation gives, for the next reading of the
	// same file.
	Derived(id string, derive func() ([]byte, error)) ([]byte, error)
}

// NeedError is why a container cannot be read as the operator asked, and Flag
// the flag that would change it. It wraps a fault.Error.
type NeedError struct {
	Field fault.Field
	why   *fault.Error
}

// Need makes one.
func Need(field fault.Field, why *fault.Error) NeedError { return NeedError{field, why} }

func (e NeedError) Error() string { return e.why.Error() }

// Unwrap gives the error with its kind and hint.
func (e NeedError) Unwrap() error { return e.why }

// Needs is the field, for those who look for errors that have any.
func (e NeedError) Needs() fault.Field { return e.Field }

// id is a name for what a passphrase gives, from which nothing can be learnt.
func (p PBKDF2) id(pass []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %x ", p.PRF, p.Iterations, p.KeyLength, p.Salt)
	h.Write(pass)
	return string(h.Sum(nil))
}

func (o *opener) hasFiles() bool {
	if o.keys == nil {
		return false
	}
	for range o.keys.KeyFiles() {
		return true
	}
	return false
}

// eachShared gives every key that the key files may hold, in every way that keys
// are written: the bytes themselves, hex, base64, each perhaps with a line end
// behind. The length decides, 0 takes any. What it gives is cleared afterwards.
func (o *opener) eachShared(size int, yield func([]byte) bool) {
	if o.keys == nil {
		return
	}
	for _, data := range o.keys.KeyFiles() {
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

// eachRSA gives the RSA keys in the key files.
func (o *opener) eachRSA(yield func(*rsa.PrivateKey) bool) {
	if o.keys == nil {
		return
	}
	for _, data := range o.keys.KeyFiles() {
		for _, key := range rsaKeys(data) {
			if !yield(key) {
				return
			}
		}
	}
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
