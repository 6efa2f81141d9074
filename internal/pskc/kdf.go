package pskc

import (
	"crypto/pbkdf2"
	"fob/internal/fault"
	"strings"
)

// KDFPBKDF2 is the URI of PBKDF2 that fob writes, that of RFC 6030 figure 7.
const KDFPBKDF2 = namespacePKCS5 + "pbkdf2"

// Limits of PBKDF2. The iterations are the file's word, and each costs time: a
// million are about a second, so that no file can hold fob up for long (the attack
// of CVE-2022-36083). Two million leave room above the 1.4 million of HMAC-SHA1
// that OWASP asks for. Salts have 8 bytes or more by RFC 8018 section
// 4.1. Keys are those of ciphers and MACs.
const (
	MaxIterations    = 2_000_000
	minSalt, maxSalt = 8, 1024
	minKey, maxKey   = 8, 64
)

// PBKDF2 makes a key of a passphrase (RFC 6030 section 6.2, RFC 8018 section
// 5.2).
type PBKDF2 struct {
	Salt       []byte
	Iterations int64
	KeyLength  int64 // bytes
	PRF        MAC
}

// FindKDF accepts the URIs under which PBKDF2 goes: RFC 6030's text, its figure
// 7 and XML Encryption 1.1 each have their own. The error is of kind
// fault.Refused.
func FindKDF(uri string) error {
	switch uri {
	case KDFPBKDF2, namespacePKCS5Old + "pbkdf2", namespaceXenc11 + "pbkdf2":
		return nil
	}
	return notFound("key derivation", uri)
}

// FindPRF knows a PBKDF2's pseudorandom function by its URI; without one it is
// HMAC-SHA1 (RFC 8018 appendix A.2).
func FindPRF(uri string) (MAC, error) {
	if uri == "" {
		uri = MACHMACSHA1
	}
	return findHMAC("pseudorandom function", uri)
}

// Check keeps the limits; the error is of kind fault.Refused.
func (p PBKDF2) Check() error {
	const hint = "ask the supplier to protect the file with other parameters"
	switch {
	case p.Iterations < 1:
		return fault.Errorf(fault.Refused, "PBKDF2 with %d iterations; one is the least", p.Iterations).WithHint(hint)
	case p.Iterations > MaxIterations:
		return fault.Errorf(fault.Refused, "PBKDF2 with %d iterations; at most %d are done, lest a file hold fob up for hours", p.Iterations, MaxIterations).WithHint(hint)
	case len(p.Salt) < minSalt || len(p.Salt) > maxSalt:
		return fault.Errorf(fault.Refused, "PBKDF2 with a salt of %d bytes; %d to %d are allowed", len(p.Salt), minSalt, maxSalt).WithHint(hint)
	case p.KeyLength < minKey || p.KeyLength > maxKey:
		return fault.Errorf(fault.Refused, "PBKDF2 for a key of %d bytes; %d to %d are allowed", p.KeyLength, minKey, maxKey).WithHint(hint)
	case p.PRF.hash == nil:
		return fault.Errorf(fault.Refused, "PBKDF2 without a pseudorandom function").WithHint(hint)
	}
	return nil
}

// Derive makes the key, within the limits of Check. The caller clears it. The
// library takes the passphrase as a string only, a copy that nobody can clear.
func (p PBKDF2) Derive(passphrase []byte) ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if len(passphrase) == 0 {
		return nil, fault.Errorf(fault.KeyTrouble, "the passphrase is empty")
	}
	return pbkdf2.Key(p.PRF.hash, string(passphrase), p.Salt, int(p.Iterations), int(p.KeyLength))
}

// fragment is what a URI says behind #.
func fragment(uri string) string {
	_, name, _ := strings.Cut(uri, "#")
	return name
}
