package pskc

import (
	"bytes"
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
	"fob/internal/xmlstream"
)

// Signed is what a signature vouches for, and nothing else.
type Signed struct {
	Container []byte // in canonical form, without the signature
	Method    string // RSA-SHA256 for example
	Weak      bool   // it was taken with compat only
}

// VerifySigned verifies the signature of a container (RFC 6030 section 4.4 and
// XML Signature) by a certificate that the caller trusts; one in the file counts
// for nothing. Only what it returns may be parsed.
//
// There must be one signature, directly in the root, over the root itself, in
// exclusive canonical form, with RSA of 2048 bits or ECDSA of 256 and SHA-2. With
// compat SHA-1 and what pskctool writes, inclusive canonical form, are taken too.
// Errors are of kind fault.Refused.
//
// The certificate's own dates do not matter: a file stays as it was signed, who
// gave the certificate says that it is the one, and when a file was signed
// nobody can prove.
func VerifySigned(data []byte, cert *x509.Certificate, compat bool) (*Signed, error) {
	if len(data) > MaxSigned {
		return nil, fault.Errorf(fault.Refused, "the container is signed and has more than %d MiB", MaxSigned>>20).
			WithHint("ask the supplier to deliver it in parts, or to sign it in another way, with OpenPGP for example")
	}
	at, ids, err := scanSigned(data)
	if err != nil {
		return nil, err
	}
	root, err := tree(at.around(data, at.signature))
	if err != nil {
		return nil, err
	}
	s, err := findSignature(root, ids)
	if err == nil {
		err = s.checkMethod(cert, compat)
	}
	if err == nil {
		err = s.checkInfo(cert)
	}
	if err != nil {
		return nil, err
	}
	container, err := s.container(data, at)
	if err != nil {
		return nil, err
	}
	h := signedDigests[s.digest].New()
	h.Write(container)
	if !bytes.Equal(h.Sum(nil), s.digestValue) {
		clear(container)
		return nil, errSignature
	}
	m := signatureMethods[s.method]
	return &Signed{container, m.name, m.weak || s.inclusive || s.omitted || s.digest == digestSHA1}, nil
}

// tree reads an element.
func tree(text []byte) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.ReadSettings.MaxDepth = xmlstream.MaxDepth
	doc.ReadSettings.PreserveDuplicateAttrs = true
	if err := doc.ReadFromBytes(text); err != nil || doc.Root() == nil {
		return nil, errSignature
	}
	return doc.Root(), nil
}

// errSignature is what is said of every signature that is as it should be and does
// not verify.
var errSignature = fault.Errorf(fault.Refused, "the signature does not verify: the container was changed after it was signed, or somebody else signed it").
	WithHint("compare the certificate with the supplier's, and fetch the delivery again")

// refuseSignature says what a signature has that fob does not take.
func refuseSignature(format string, args ...any) *fault.Error {
	return fault.Errorf(fault.Refused, "the signature "+format, args...).
		WithHint("ask the supplier for one signature over the whole container: enveloped, exclusive canonical form, RSA or ECDSA with SHA-256")
}

// signature is one that was found, its parts being as they should be.
type signature struct {
	root, value        *etree.Element
	info               []byte // SignedInfo in canonical form, which the signature is over
	method, digest     string // URIs
	digestValue        []byte
	inclusive, omitted bool   // no canonical form is named; no URI is
	prefixes           string // PrefixList of the canonical form, which are treated as inclusive form does
}

// findSignature takes the signature apart and allows nothing that is not needed.
func findSignature(root *etree.Element, ids map[string]int) (*signature, error) {
	s := &signature{root: root}
	all := root.ChildElements()
	if len(all) != 1 || all[0].NamespaceURI() != namespaceDS || all[0].Tag != "Signature" {
		return nil, errSignature // scanSigned saw one: the two do not read alike
	}
	parts, err := partsOf(all[0], "SignedInfo", "SignatureValue", "KeyInfo?") // KeyInfo is no part of what is signed, and not to be believed
	if err != nil {
		return nil, err
	}
	s.value = parts[1]
	if s.info, err = canonicalInfo(parts[0]); err != nil {
		return nil, err
	}
	signedInfo, err := tree(s.info) // whatever else the file has there was not signed
	if err != nil {
		return nil, err
	}
	info, err := partsOf(signedInfo, "CanonicalizationMethod", "SignatureMethod", "Reference")
	if err != nil {
		return nil, err
	}
	if form := info[0].SelectAttrValue("Algorithm", ""); form != exclusive {
		return nil, refuseSignature("has itself another than exclusive canonical form: %s", ShownURI(form))
	}
	s.method = info[1].SelectAttrValue("Algorithm", "")
	return s, s.readReference(info[2], ids)
}

const exclusive = string(dsig.CanonicalXML10ExclusiveAlgorithmId)

// partsOf returns the children of an element, which are those named, in that
// order; nil for one with ? that is not there.
func partsOf(el *etree.Element, names ...string) ([]*etree.Element, error) {
	parts := make([]*etree.Element, len(names))
	children := el.ChildElements()
	for i, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		if len(children) > 0 && children[0].Tag == name && children[0].NamespaceURI() == namespaceDS {
			parts[i], children = children[0], children[1:]
		} else if !optional {
			return nil, refuseSignature("is not as XML signatures are: no <%s> where it belongs in <%s>", name, el.Tag)
		}
	}
	if len(children) > 0 {
		return nil, refuseSignature("has more in <%s> than fob takes: %s", el.Tag, xmlstream.Element(children[0].Tag))
	}
	return parts, nil
}

// readReference makes sure that the root is what is signed, with the two transforms
// that are needed. Without a canonical form, which only compat takes, it is the
// inclusive one.
func (s *signature) readReference(ref *etree.Element, ids map[string]int) error {
	parts, err := partsOf(ref, "Transforms", "DigestMethod", "DigestValue")
	if err != nil {
		return err
	}
	id := s.root.SelectAttrValue("id", s.root.SelectAttrValue("Id", ""))
	switch uri := ref.SelectAttr("URI"); {
	case uri == nil:
		s.omitted = true
	case uri.Value == "":
	case id == "" || uri.Value != "#"+id:
		return refuseSignature("is over something else than the whole container")
	case ids[id] != 1:
		return refuseSignature("names an Id that stands in the file more than once")
	}
	s.digest = parts[1].SelectAttrValue("Algorithm", "")
	if s.digestValue, err = base64Text(parts[2]); err != nil {
		return errSignature
	}
	var names []string
	for _, t := range parts[0].ChildElements() {
		if t.Tag == "Transform" && t.NamespaceURI() == namespaceDS {
			names = append(names, t.SelectAttrValue("Algorithm", ""))
			s.prefixes = prefixList(t)
		}
	}
	s.inclusive = len(names) == 1
	if len(names) == 0 || names[0] != string(dsig.EnvelopedSignatureAltorithmId) || !s.inclusive && (len(names) != 2 || names[1] != exclusive) {
		return refuseSignature("has other transforms than enveloped-signature and exclusive canonical form")
	}
	return nil
}

// signatureMethods are the algorithms of signatures.
var signatureMethods = map[string]struct {
	name     string
	key      x509.PublicKeyAlgorithm
	verifies x509.SignatureAlgorithm
	weak     bool
}{
	dsig.RSASHA1SignatureMethod:     {"RSA-SHA1", x509.RSA, x509.SHA1WithRSA, true},
	dsig.RSASHA256SignatureMethod:   {"RSA-SHA256", x509.RSA, x509.SHA256WithRSA, false},
	dsig.RSASHA384SignatureMethod:   {"RSA-SHA384", x509.RSA, x509.SHA384WithRSA, false},
	dsig.RSASHA512SignatureMethod:   {"RSA-SHA512", x509.RSA, x509.SHA512WithRSA, false},
	dsig.ECDSASHA256SignatureMethod: {"ECDSA-SHA256", x509.ECDSA, x509.ECDSAWithSHA256, false},
	dsig.ECDSASHA384SignatureMethod: {"ECDSA-SHA384", x509.ECDSA, x509.ECDSAWithSHA384, false},
	dsig.ECDSASHA512SignatureMethod: {"ECDSA-SHA512", x509.ECDSA, x509.ECDSAWithSHA512, false},
}

const digestSHA1 = namespaceDS + "sha1"

// signedDigests are the hashes of what is signed.
var signedDigests = map[string]crypto.Hash{
	digestSHA1:                   crypto.SHA1,
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
	if signedDigests[s.digest] == 0 {
		return refuseSignature("hashes with %s, which fob does not take", ShownURI(s.digest))
	}
	if m.key != cert.PublicKeyAlgorithm {
		return refuseSignature("is made with %s, and the certificate has a key for %s", m.name, cert.PublicKeyAlgorithm).
			WithHint("look whether it is the certificate of this supplier")
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < minRSA {
			return refuseSignature("would be by an RSA key of %d bits; %d are the least", n, minRSA)
		}
	case *ecdsa.PublicKey:
		if n := key.Curve.Params().BitSize; n < minECDSA {
			return refuseSignature("would be by an ECDSA key of %d bits; %d are the least", n, minECDSA)
		}
	}
	why := ""
	switch {
	case compat:
		return nil
	case m.weak || s.digest == digestSHA1:
		why = "rests on SHA-1 (" + m.name + "), which can be forged"
	case s.inclusive || s.omitted:
		why = "does not say that it is over the whole container in exclusive canonical form"
	default:
		return nil
	}
	return Need(fault.Compat, refuseSignature("%s", why).
		WithHint("ask the supplier for a signature with SHA-256 and exclusive canonical form; %s takes this one all the same", fault.Compat))
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

// plainValue is the signature's value as package x509 expects it: for ECDSA as
// a DER sequence, where XML signatures have two numbers of equal length.
func (s *signature) plainValue(cert *x509.Certificate) ([]byte, error) {
	value, err := base64Text(s.value)
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return value, err
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

// base64Text is what an element holds as xs:base64Binary.
func base64Text(el *etree.Element) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(el.Text()), ""))
}
