package pskc

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1"   // hashes that OAEP may use
	_ "crypto/sha256" // SHA-224 too
	_ "crypto/sha512" // SHA-384 too
	"io"

	"fob/internal/fault"
)

// Transport encrypts values with the receiver's RSA key (RFC 6030 section 6.3).
// Its zero value means none. It hides a value and vouches for nothing: anyone who has
// the certificate can make one.
type Transport struct {
	uri, name   string
	digest, mgf crypto.Hash // 0: PKCS #1 v1.5, not OAEP
	mgfChosen   bool        // an MGF element may change mgf
	label       []byte

	digestURI, mgfURI string // as WithOAEP got them
}

// TransportOAEP is the URI of OAEP that fob writes: the one that RFC 6030 has.
const TransportOAEP = namespaceXenc + "rsa-oaep-mgf1p"

// FindTransport knows RSA by its URI; RFC 6030 figure 8 spells that of PKCS #1
// v1.5 with a second underscore. The error is of kind fault.Refused.
func FindTransport(uri string) (Transport, error) {
	switch uri {
	case namespaceXenc + "rsa-1_5", namespaceXenc + "rsa_1_5":
		return Transport{uri: namespaceXenc + "rsa-1_5", name: "RSA-1_5"}, nil
	case TransportOAEP:
		return Transport{uri: uri, name: "RSA-OAEP-MGF1P", digest: crypto.SHA1, mgf: crypto.SHA1}, nil
	case namespaceXenc11 + "rsa-oaep":
		return Transport{uri: uri, name: "RSA-OAEP", digest: crypto.SHA1, mgf: crypto.SHA1, mgfChosen: true}, nil
	}
	return Transport{}, notFound("encryption algorithm", uri)
}

// digests are the hashes of OAEP by the URIs of DigestMethod.
var digests = map[string]crypto.Hash{
	namespaceDS + "sha1":         crypto.SHA1,
	namespaceDSigMore + "sha224": crypto.SHA224,
	namespaceXenc + "sha256":     crypto.SHA256,
	namespaceDSigMore + "sha384": crypto.SHA384,
	namespaceXenc + "sha384":     crypto.SHA384,
	namespaceXenc + "sha512":     crypto.SHA512,
}

// masks are the mask generation functions of XML Encryption 1.1 section 5.5.2.
var masks = map[string]crypto.Hash{
	namespaceXenc11 + "mgf1sha1":   crypto.SHA1,
	namespaceXenc11 + "mgf1sha224": crypto.SHA224,
	namespaceXenc11 + "mgf1sha256": crypto.SHA256,
	namespaceXenc11 + "mgf1sha384": crypto.SHA384,
	namespaceXenc11 + "mgf1sha512": crypto.SHA512,
}

// WithOAEP sets what the children of EncryptionMethod say: the URIs of
// DigestMethod and MGF, each empty when absent, and OAEPparams, decoded. With an
// algorithm that does not have them it is refused.
func (t Transport) WithOAEP(digest, mgf string, label []byte) (Transport, error) {
	if digest == "" && mgf == "" && len(label) == 0 {
		return t, nil
	}
	if t.digest == 0 || mgf != "" && !t.mgfChosen {
		return t, fault.Errorf(fault.Refused, "%s has no such parameters", t.name).WithHint(fetchAgain)
	}
	var known bool
	if digest != "" {
		if t.digest, known = digests[digest]; !known {
			return t, notFound("hash of OAEP", digest)
		}
	}
	if mgf != "" {
		if t.mgf, known = masks[mgf]; !known {
			return t, notFound("mask generation of OAEP", mgf)
		}
	}
	t.label, t.digestURI, t.mgfURI = label, digest, mgf
	return t, nil
}

// String is the algorithm's name, RSA-OAEP-MGF1P for example.
func (t Transport) String() string { return t.name }

// Decrypt returns the plain value, which the caller clears. Every failure is
// ErrKey. OAEP notices any change; what PKCS #1 v1.5 lets pass, once in some
// hundred thousand times, a MAC has to notice. A value of random bytes in place
// of a bad padding, which keeps PKCS #1 v1.5 safe for session keys, would be a
// wrong seed here. Anyone who can see the outcome has the private key.
func (t Transport) Decrypt(key *rsa.PrivateKey, data []byte) ([]byte, error) {
	if len(data) != key.Size() {
		return nil, ErrKey
	}
	var opts crypto.DecrypterOpts // none: PKCS #1 v1.5
	if t.digest != 0 {
		opts = &rsa.OAEPOptions{Hash: t.digest, MGFHash: t.mgf, Label: t.label}
	}
	plain, err := key.Decrypt(nil, data, opts)
	if err != nil {
		return nil, ErrKey
	}
	return plain, nil
}

// Encrypt is the reverse of Decrypt, with OAEP alone: PKCS #1 v1.5 is read
// because RFC 6030 recommends it, and written no more.
func (t Transport) Encrypt(random io.Reader, key *rsa.PublicKey, plain []byte) ([]byte, error) {
	if t.digest == 0 {
		return nil, fault.Errorf(fault.NotAllowed, "%s is not written any more", t.name).WithHint("choose RSA-OAEP-MGF1P")
	}
	return rsa.EncryptOAEPWithOptions(random, key, plain, &rsa.OAEPOptions{Hash: t.digest, MGFHash: t.mgf, Label: t.label})
}
