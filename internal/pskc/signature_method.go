package pskc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"fob/internal/fault"
)

// signatureMethod is an algorithm of signatures.
type signatureMethod struct {
	name     string
	key      x509.PublicKeyAlgorithm
	verifies x509.SignatureAlgorithm
	weak     bool
}

var signatureMethods = map[string]signatureMethod{
	dsig.RSASHA1SignatureMethod:     {"RSA-SHA1", x509.RSA, x509.SHA1WithRSA, true},
	dsig.RSASHA256SignatureMethod:   {"RSA-SHA256", x509.RSA, x509.SHA256WithRSA, false},
	dsig.RSASHA384SignatureMethod:   {"RSA-SHA384", x509.RSA, x509.SHA384WithRSA, false},
	dsig.RSASHA512SignatureMethod:   {"RSA-SHA512", x509.RSA, x509.SHA512WithRSA, false},
	dsig.ECDSASHA256SignatureMethod: {"ECDSA-SHA256", x509.ECDSA, x509.ECDSAWithSHA256, false},
	dsig.ECDSASHA384SignatureMethod: {"ECDSA-SHA384", x509.ECDSA, x509.ECDSAWithSHA384, false},
	dsig.ECDSASHA512SignatureMethod: {"ECDSA-SHA512", x509.ECDSA, x509.ECDSAWithSHA512, false},
}

// signedDigests are the hashes of what is signed.
var signedDigests = map[string]crypto.Hash{
	namespaceDS + "sha1":         crypto.SHA1,
	namespaceXenc + "sha256":     crypto.SHA256,
	namespaceDSigMore + "sha384": crypto.SHA384,
	namespaceXenc + "sha512":     crypto.SHA512,
}

// The smallest keys that may sign, in bits.
const minRSA, minECDSA = 2048, 256

// checkMethod looks at the algorithms and at the caller's certificate.
func (s *signature) checkMethod(cert *x509.Certificate, compat bool) error {
	m, known := signatureMethods[s.method]
	if !known {
		return refuseSignature("is made with %s, which fob does not take", ShownURI(s.method))
	}
	digest, known := signedDigests[s.digest]
	if !known {
		return refuseSignature("hashes with %s, which fob does not take", ShownURI(s.digest))
	}
	if m.key != cert.PublicKeyAlgorithm {
		return refuseSignature("is made with %s, and the certificate has a key for %s", m.name, cert.PublicKeyAlgorithm).
			WithHint("look whether it is the certificate of this supplier")
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return refuseSignature("would be by an RSA key of %d bits; %d are the least", key.N.BitLen(), minRSA)
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < minECDSA {
			return refuseSignature("would be by an ECDSA key of %d bits; %d are the least", key.Curve.Params().BitSize, minECDSA)
		}
	}
	const hint = "ask the supplier for a signature with SHA-256 and exclusive canonical form; --compat takes this one all the same"
	switch {
	case compat:
	case m.weak || digest == crypto.SHA1:
		return Need(fault.Compat, refuseSignature("rests on SHA-1 (%s), which can be forged", m.name).WithHint(hint))
	case s.inclusive || s.omitted:
		return Need(fault.Compat, refuseSignature("does not say that it is over the whole container in exclusive canonical form").WithHint(hint))
	}
	return nil
}

// checkInfo verifies what is signed directly: SignedInfo, which has the hash of
// the rest.
func (s *signature) checkInfo(cert *x509.Certificate) error {
	value, err := s.plainValue(cert)
	if err != nil || cert.CheckSignature(signatureMethods[s.method].verifies, s.info, value) != nil {
		return errSignature
	}
	return nil
}

// plainValue gives the signature's value as package x509 expects it: for ECDSA as
// a DER sequence, where XML signatures have two numbers of equal length.
func (s *signature) plainValue(cert *x509.Certificate) ([]byte, error) {
	value, err := base64Text(s.value)
	if err != nil {
		return nil, errSignature
	}
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return value, nil
	}
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(value) != 2*size {
		return nil, errSignature
	}
	return asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(value[:size]),
		new(big.Int).SetBytes(value[size:]),
	})
}

// base64Text gives the bytes that an element holds as xs:base64Binary.
func base64Text(el *etree.Element) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(el.Text()), ""))
}
