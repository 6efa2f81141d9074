package pskc

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
)

// maxNamed bounds the key files that a message names.
const maxNamed = 3

// held says what the key files hold that are of no use, each in a few words: a
// person who has the wrong one, or a damaged one, sees which. What is said of a
// key is its length.
func (o *opener) held() string {
	var all []string
	if o.keys != nil {
		for name, data := range o.keys.KeyFiles() {
			if len(all) == maxNamed {
				return strings.Join(append(all, "and so on"), "; ")
			}
			all = append(all, fmt.Sprintf("%q holds %s", clip(name), heldIn(data)))
		}
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
}

const (
	lockedKey = "a private key behind a passphrase, protected in a way that fob does not read"
	otherKey  = "a private key, not this one"
	pkcs12    = "a PKCS #12 store"
)

// heldIn is what one key file seems to hold.
func heldIn(data []byte) string {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if block, _ := pem.Decode(data); block != nil {
		return inPEM(block)
	}
	switch {
	case len(rsaKeys(data)) > 0:
		return otherKey
	case isPKCS12(data):
		return pkcs12
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return "text in UTF-16; save it as UTF-8"
	}
	digits := keyDigits(text)
	if n := len(digits); isHex(digits) && n%2 == 0 {
		return fmt.Sprintf("%d bytes in hex", n/2)
	} else if isHex(digits) {
		return fmt.Sprintf("%d hex digits, one too many or too few", n)
	}
	if key, err := base64.StdEncoding.Strict().DecodeString(string(squeeze(bytes.Clone(text)))); err == nil {
		return fmt.Sprintf("%d bytes in base64", len(key))
	}
	return fmt.Sprintf("%d bytes that are neither hex nor base64", len(data))
}

func inPEM(block *pem.Block) string {
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
	return "something else in PEM"
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

func isHex(digits []byte) bool {
	_, err := hex.DecodeString(string(digits[:len(digits)&^1]))
	return err == nil && len(digits) > 0 && (len(digits)%2 == 0 || strings.ContainsRune("0123456789abcdefABCDEF", rune(digits[len(digits)-1])))
}

// holds reports whether there is a key file that holds what heldIn calls so.
func (o *opener) holds(what string) bool {
	if o.keys == nil {
		return false
	}
	for _, data := range o.keys.KeyFiles() {
		if heldIn(data) == what {
			return true
		}
	}
	return false
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
