package pskc

import (
	"crypto/x509"
	"fob/internal/fault"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// MaxSigned bounds a signed container, which is held in memory twice: as it came,
// and in the canonical form that its signature is over.
const MaxSigned = 32 << 20

// Signed is what a signature vouches for, and nothing else.
type Signed struct {
	Container []byte // in canonical form, without the signature
	Method    string // RSA-SHA256 for example
	Weak      bool   // it was taken with compat only
}

// VerifySigned verifies the signature of a container (RFC 6030 section 4.4 and
// XML Signature) by a certificate that the caller trusts; one in the file counts
// for nothing. Only what it gives may be parsed.
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
	return s.verify(data, at)
}

// tree reads an element.
func tree(text []byte) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.ReadSettings.MaxDepth = MaxDepth
	doc.ReadSettings.PreserveDuplicateAttrs = true
	if err := doc.ReadFromBytes(text); err != nil || doc.Root() == nil {
		return nil, errSignature
	}
	return doc.Root(), nil
}

// errSignature is what every signature gives that is as it should be and does
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
	idName             string
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
	if form := info[0].SelectAttrValue("Algorithm", ""); form != dsig.CanonicalXML10ExclusiveAlgorithmId.String() {
		return nil, refuseSignature("has itself another than exclusive canonical form: %s", ShownURI(form))
	}
	s.method = info[1].SelectAttrValue("Algorithm", "")
	return s, s.readReference(info[2], ids)
}

// partsOf gives the children of an element, which are those named, in that
// order; nil for one with ? that is not there.
func partsOf(el *etree.Element, names ...string) ([]*etree.Element, error) {
	parts := make([]*etree.Element, len(names))
	children := el.ChildElements()
	for i, name := range names {
		optional := name[len(name)-1] == '?'
		if optional {
			name = name[:len(name)-1]
		}
		if len(children) > 0 && children[0].Tag == name && children[0].NamespaceURI() == namespaceDS {
			parts[i], children = children[0], children[1:]
		} else if !optional {
			return nil, refuseSignature("is not as XML signatures are: no <%s> where it belongs in <%s>", name, el.Tag)
		}
	}
	if len(children) > 0 {
		return nil, refuseSignature("has more in <%s> than fob takes: %s", el.Tag, shownElement(children[0].Tag))
	}
	return parts, nil
}

// readReference makes sure that the root is what is signed.
func (s *signature) readReference(ref *etree.Element, ids map[string]int) error {
	parts, err := partsOf(ref, "Transforms", "DigestMethod", "DigestValue")
	if err != nil {
		return err
	}
	for _, name := range []string{"Id", "id"} {
		if s.root.SelectAttr(name) != nil {
			s.idName = name
		}
	}
	uri := ref.SelectAttr("URI")
	id := s.root.SelectAttrValue(s.idName, "")
	switch {
	case uri == nil:
		s.omitted = true
	case uri.Value == "":
	case id == "" || uri.Value != "#"+id:
		return refuseSignature("is over something else than the whole container")
	case ids[id] != 1:
		return refuseSignature("names an Id that stands in the file more than once")
	}
	s.digest = parts[1].SelectAttrValue("Algorithm", "")
	s.digestValue, err = base64Text(parts[2])
	if err != nil {
		return errSignature
	}
	return s.readTransforms(parts[0])
}

// readTransforms allows the two that are needed. Without a canonical form, which
// only compat takes, it is the inclusive one.
func (s *signature) readTransforms(el *etree.Element) error {
	var names []string
	for _, t := range el.ChildElements() {
		if t.Tag == "Transform" && t.NamespaceURI() == namespaceDS {
			names = append(names, t.SelectAttrValue("Algorithm", ""))
			s.prefixes = prefixList(t)
		}
	}
	switch {
	case len(names) == 0 || names[0] != dsig.EnvelopedSignatureAltorithmId.String():
	case len(names) == 1:
		s.inclusive = true
		return nil
	case len(names) == 2 && names[1] == dsig.CanonicalXML10ExclusiveAlgorithmId.String():
		return nil
	}
	return refuseSignature("has other transforms than enveloped-signature and exclusive canonical form")
}
