package pskc

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"slices"
	"strings"

	"fob/internal/fault"
)

// MAC authenticates values (RFC 6030 section 6.1.1). Its zero value means none.
type MAC struct {
	uri, name string
	size      int
	hash      func() hash.Hash
}

// The URIs of the MACs that fob writes.
const (
	MACHMACSHA1   = namespaceDS + "hmac-sha1"
	MACHMACSHA256 = namespaceDSigMore + "hmac-sha256"
)

// macs are what FindMAC knows.
var macs = []MAC{
	{MACHMACSHA1, "HMAC-SHA1", sha1.Size, sha1.New},
	{namespaceDSigMore + "hmac-sha224", "HMAC-SHA224", sha256.Size224, sha256.New224},
	{MACHMACSHA256, "HMAC-SHA256", sha256.Size, sha256.New},
	{namespaceDSigMore + "hmac-sha384", "HMAC-SHA384", sha512.Size384, sha512.New384},
	{namespaceDSigMore + "hmac-sha512", "HMAC-SHA512", sha512.Size, sha512.New},
}

// FindMAC knows a MAC by its URI. Each is met in both namespaces of XML
// signatures, where only one has it; what it names is beyond doubt. The error is
// of kind fault.Refused.
func FindMAC(uri string) (MAC, error) { return findHMAC("MAC algorithm", uri) }

// FindPRF knows a PBKDF2's pseudorandom function by its URI; without one it is
// HMAC-SHA1 (RFC 8018 appendix A.2).
func FindPRF(uri string) (MAC, error) {
	if uri == "" {
		uri = MACHMACSHA1
	}
	return findHMAC("pseudorandom function", uri)
}

func findHMAC(sort, uri string) (MAC, error) {
	for _, m := range macs {
		_, name, _ := strings.Cut(m.uri, "#")
		if uri == namespaceDS+name || uri == namespaceDSigMore+name {
			return m, nil
		}
	}
	return MAC{}, notFound(sort, uri)
}

// URI names the MAC in a file, in the namespace that has it.
func (m MAC) URI() string { return m.uri }

// String is the MAC's name, HMAC-SHA1 for example.
func (m MAC) String() string { return m.name }

// Size is the length of a MAC in bytes.
func (m MAC) Size() int { return m.size }

// Sum authenticates data: the whole CipherValue, decoded, with its
// initialisation vector (RFC 6030 section 6.1.1 and figure 6).
func (m MAC) Sum(key, data []byte) []byte {
	h := hmac.New(m.hash, key)
	h.Write(data)
	return h.Sum(nil)
}

// Verify compares in constant time; another MAC is ErrKey. One that was cut
// short does not count.
func (m MAC) Verify(key, data, sum []byte) error {
	if !hmac.Equal(m.Sum(key, data), sum) {
		return ErrKey
	}
	return nil
}

// KDFPBKDF2 is the URI of PBKDF2 that fob writes, that of RFC 6030 figure 7.
const KDFPBKDF2 = namespacePKCS5 + "pbkdf2"

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
	if !slices.Contains([]string{KDFPBKDF2, namespacePKCS5Old + "pbkdf2", namespaceXenc11 + "pbkdf2"}, uri) {
		return notFound("key derivation", uri)
	}
	return nil
}

// Check keeps the limits; the error is of kind fault.Refused.
func (p PBKDF2) Check() error {
	says := ""
	switch {
	case p.Iterations < 1:
		says = fmt.Sprintf("with %d iterations; one is the least", p.Iterations)
	case p.Iterations > MaxIterations:
		says = fmt.Sprintf("with %d iterations; at most %d are done, lest a file hold fob up for hours", p.Iterations, MaxIterations)
	case len(p.Salt) < minSalt || len(p.Salt) > maxSalt:
		says = fmt.Sprintf("with a salt of %d bytes; %d to %d are allowed", len(p.Salt), minSalt, maxSalt)
	case p.KeyLength < minKey || p.KeyLength > maxKey:
		says = fmt.Sprintf("for a key of %d bytes; %d to %d are allowed", p.KeyLength, minKey, maxKey)
	case p.PRF.hash == nil:
		says = "without a pseudorandom function"
	default:
		return nil
	}
	return fault.Errorf(fault.Refused, "PBKDF2 %s", says).WithHint("ask the supplier to protect the file with other parameters")
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

// id is a name for what a passphrase makes, from which nothing can be learnt.
func (p PBKDF2) id(pass []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %x ", p.PRF, p.Iterations, p.KeyLength, p.Salt)
	h.Write(pass)
	return string(h.Sum(nil))
}
