package pskc

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
)

// MAC authenticates values (RFC 6030 section 6.1.1). Its zero value is none.
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

func findHMAC(sort, uri string) (MAC, error) {
	for _, space := range []string{namespaceDS, namespaceDSigMore} {
		i := slices.IndexFunc(macs, func(m MAC) bool { return space+fragment(m.uri) == uri })
		if i >= 0 {
			return macs[i], nil
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
