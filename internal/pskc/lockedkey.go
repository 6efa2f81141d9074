package pskc

import (
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

// lockedRSA is a private key behind a passphrase: PKCS #8, encrypted with PBES2
// (RFC 5958 section 3, RFC 8018 section 6.2), as openssl writes it.
type lockedRSA struct {
	kdf    PBKDF2
	cipher Cipher
	data   []byte // the initialisation vector first
}

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

// lockedCiphers are the encryption schemes of RFC 8018 appendix B.2 that fob has.
var lockedCiphers = map[string]string{
	"2.16.840.1.101.3.4.1.2":  CipherAES128CBC,
	"2.16.840.1.101.3.4.1.22": namespaceXenc + "aes192-cbc",
	"2.16.840.1.101.3.4.1.42": CipherAES256CBC,
	"1.2.840.113549.3.7":      namespaceXenc + "tripledes-cbc",
}

// lockedPRFs are the pseudorandom functions of RFC 8018 appendix B.1.2, in the
// order of macs. HMAC-SHA1 is what counts where none is named.
var lockedPRFs = []string{"1.2.840.113549.2.7", "1.2.840.113549.2.8", "1.2.840.113549.2.9", "1.2.840.113549.2.10", "1.2.840.113549.2.11"}

// readLocked takes an EncryptedPrivateKeyInfo apart; nil where it is protected in
// a way that fob does not have.
func readLocked(der []byte) *lockedRSA {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var params struct{ KDF, Scheme pkix.AlgorithmIdentifier }
	var kdf struct {
		Salt       []byte
		Iterations int64
		KeyLength  int64                    `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	var iv []byte
	read := func(from []byte, to any) bool {
		rest, err := asn1.Unmarshal(from, to)
		return err == nil && len(rest) == 0
	}
	if !read(der, &info) || info.Algorithm.Algorithm.String() != oidPBES2 || !read(info.Algorithm.Parameters.FullBytes, &params) ||
		params.KDF.Algorithm.String() != oidPBKDF2 || !read(params.KDF.Parameters.FullBytes, &kdf) || !read(params.Scheme.Parameters.FullBytes, &iv) {
		return nil
	}
	prf := 0
	if oid := kdf.PRF.Algorithm; len(oid) > 0 {
		prf = slices.Index(lockedPRFs, oid.String())
	}
	cipher, err := FindCipher(lockedCiphers[params.Scheme.Algorithm.String()])
	if err != nil || prf < 0 || len(iv) != cipher.blockSize {
		return nil
	}
	l := &lockedRSA{PBKDF2{kdf.Salt, kdf.Iterations, int64(cipher.KeySize()), macs[prf]}, cipher, slices.Concat(iv, info.Data)}
	if l.kdf.Check() != nil {
		return nil
	}
	return l
}

// open returns nil when a key does not fit, or what it opens is no RSA key.
func (l *lockedRSA) open(key []byte) *rsa.PrivateKey {
	plain, err := l.cipher.Decrypt(key, l.data)
	if err != nil {
		return nil
	}
	defer clear(plain)
	return rsaKey(plain)
}
