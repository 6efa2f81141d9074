package pskc

import (
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fob/internal/fault"
	"slices"
)

// lockedRSA is a private key behind a passphrase: PKCS #8, encrypted with PBES2
// (RFC 5958 section 3, RFC 8018 section 6.2), as openssl writes it.
type lockedRSA struct {
	kdf    PBKDF2
	cipher Cipher
	data   []byte // the initialisation vector first
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// lockedCiphers are the encryption schemes of RFC 8018 appendix B.2 that fob has.
var lockedCiphers = []lockedCipher{
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, CipherAES128CBC},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, namespaceXenc + "aes192-cbc"},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, CipherAES256CBC},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}, namespaceXenc + "tripledes-cbc"},
}

type lockedCipher struct {
	oid asn1.ObjectIdentifier
	uri string
}

// oidHMAC begins the pseudorandom functions (appendix B.1.2): SHA-1 is 7, and the
// others follow in the order of macs.
var oidHMAC = asn1.ObjectIdentifier{1, 2, 840, 113549, 2}

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
	if !read(der, &info) || !info.Algorithm.Algorithm.Equal(oidPBES2) || !read(info.Algorithm.Parameters.FullBytes, &params) ||
		!params.KDF.Algorithm.Equal(oidPBKDF2) || !read(params.KDF.Parameters.FullBytes, &kdf) || !read(params.Scheme.Parameters.FullBytes, &iv) {
		return nil
	}
	i := slices.IndexFunc(lockedCiphers, func(c lockedCipher) bool { return c.oid.Equal(params.Scheme.Algorithm) })
	prf, ok := lockedPRF(kdf.PRF.Algorithm)
	if i < 0 || !ok {
		return nil
	}
	cipher, err := FindCipher(lockedCiphers[i].uri)
	if err != nil || len(iv) != cipher.blockSize {
		return nil
	}
	l := &lockedRSA{PBKDF2{Salt: kdf.Salt, Iterations: kdf.Iterations, KeyLength: int64(cipher.KeySize()), PRF: prf}, cipher, slices.Concat(iv, info.Data)}
	if l.kdf.Check() != nil {
		return nil
	}
	return l
}

// lockedPRF is HMAC-SHA1 where none is named.
func lockedPRF(oid asn1.ObjectIdentifier) (MAC, bool) {
	const first = 7
	if len(oid) == 0 {
		return macs[0], true
	}
	n := len(oidHMAC)
	if len(oid) != n+1 || !oid[:n].Equal(oidHMAC) || oid[n] < first || oid[n] >= first+len(macs) {
		return MAC{}, false
	}
	return macs[oid[n]-first], true
}

// open tries a passphrase; nil when it does not fit, or what it opens is no RSA
// key.
func (l *lockedRSA) open(keys Keys, pass []byte) (*rsa.PrivateKey, error) {
	key, err := keys.Derived(l.kdf.id(pass), func() ([]byte, error) { return l.kdf.Derive(pass) })
	if err != nil {
		return nil, err
	}
	plain, err := l.cipher.Decrypt(key, l.data)
	if err != nil {
		return nil, nil
	}
	defer clear(plain)
	return rsaKey(plain), nil
}

// findLocked tries the private keys behind passphrases. What keeps one closed is
// the error; none is when there is no such key.
func (o *opener) findLocked(e *Encryption, try func(*rsa.PrivateKey) bool) (fits bool, err error) {
	if o.keys == nil {
		return false, nil
	}
	for name, data := range o.keys.KeyFiles() {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			locked := readLocked(block.Bytes)
			if block.Type != "ENCRYPTED PRIVATE KEY" || locked == nil {
				continue
			}
			if fits, err := o.unlockRSA(name, locked, func(k *rsa.PrivateKey) bool { return isFor(e, k) && try(k) }); fits || err != nil {
				return fits, err
			}
		}
	}
	return false, nil
}

func (o *opener) unlockRSA(name string, locked *lockedRSA, try func(*rsa.PrivateKey) bool) (fits bool, err error) {
	opened, tried, err := o.keys.Unlock("the private key "+clip(name), func(pass []byte) (bool, error) {
		key, err := locked.open(o.keys, pass)
		if key == nil || err != nil {
			return false, err
		}
		fits = try(key)
		return true, nil
	})
	switch {
	case err != nil:
		return false, err
	case !tried:
		return false, NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble, "the private key %q is behind a passphrase", clip(name)).
			WithHint("give it with --passphrase-file FILE, whose first line counts; several may be given")}
	case !opened:
		return false, NeedError{fault.PassphraseFile, fault.Errorf(fault.KeyTrouble, "no passphrase opens the private key %q", clip(name)).
			WithHint("give the one that the key was made with, with --passphrase-file FILE; several may be given")}
	}
	return fits, nil
}
