package pskc

import (
	"bytes"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

// span is a stretch of a file, in bytes.
type span struct{ from, to int }

func (s span) of(data []byte) []byte { return data[s.from:s.to] }

// places are where a signed container can be taken apart: between two children
// of the root its canonical form is what comes before and what comes behind, so a
// part at a time is enough of a tree. Of the whole container one takes forty
// times the memory of the file.
type places struct {
	start, end span // the root's tags
	signature  span
	parts      []span // of what is inside the root, without the signature
	size       int    // of a part, at least
}

// partSize is what a part has, and then up to the end of a child: small beside
// the limit, and so large that the root's tags, which go with each, do not count.
const partSize = 256 << 10

// around is a stretch between the root's tags, which is an element again.
func (p places) around(data []byte, s span) []byte {
	return slices.Concat(p.start.of(data), s.of(data), p.end.of(data))
}

// note follows an event of the scanner.
func (p *places) note(s *scanner, ev event) {
	switch depth, here := len(s.open), s.in.used; {
	case ev == begins && depth == 1:
		p.start = span{s.lex.from, here}
		p.parts = []span{{here, here}}
	case ev == begins && depth == 2 && s.name == signatureName:
		p.signature.from = s.lex.from
		p.parts[len(p.parts)-1].to = s.lex.from
	case ev == ends && depth == 0:
		p.end = span{s.lex.from, here}
		p.parts[len(p.parts)-1].to = s.lex.from
	case ev == ends && depth == 1 && p.signature.from > 0 && p.signature.to == 0:
		p.signature.to = here
		p.parts = append(p.parts, span{here, here})
	case ev == ends && depth == 1:
		last := &p.parts[len(p.parts)-1]
		if last.to = here; last.to-last.from >= p.size {
			p.parts = append(p.parts, span{here, here})
		}
	}
}

// canonicalInfo gives SignedInfo in exclusive canonical form, as bytes: what they
// say is what was signed.
func canonicalInfo(el *etree.Element) ([]byte, error) {
	scope, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, errSignature
	}
	alone, err := etreeutils.NSDetatch(scope, el)
	if err != nil {
		return nil, errSignature
	}
	return canonical(alone, dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(""))
}

func canonical(el *etree.Element, form dsig.Canonicalizer) ([]byte, error) {
	text, err := form.Canonicalize(el)
	if err != nil {
		return nil, errSignature
	}
	return text, nil
}

// prefixList is what a transform to exclusive canonical form may name.
func prefixList(transform *etree.Element) string {
	for _, child := range transform.ChildElements() {
		if child.Tag == "InclusiveNamespaces" && child.NamespaceURI() == dsig.CanonicalXML10ExclusiveAlgorithmId.String() {
			return child.SelectAttrValue("PrefixList", "")
		}
	}
	return ""
}

// canonical is the canonical form of an element of the container.
func (s *signature) canonical(text []byte) ([]byte, error) {
	root, err := tree(text)
	if err != nil {
		return nil, err
	}
	if s.inclusive {
		return canonical(root, dsig.MakeNullCanonicalizer())
	}
	return canonical(root, dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(s.prefixes))
}

// verify compares the hash of the container without its signature with the one
// that was signed. What it gives are the bytes that were hashed.
func (s *signature) verify(data []byte, at places) (*Signed, error) {
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
	return &Signed{container, m.name, m.weak || s.inclusive || s.omitted || s.digest == namespaceDS+"sha1"}, nil
}

// container makes the canonical form of what is signed, part by part: the root's
// tags stand round each, and round the whole.
func (s *signature) container(data []byte, at places) ([]byte, error) {
	empty, err := s.canonical(at.around(data, span{}))
	if err != nil {
		return nil, err
	}
	end := []byte("</" + s.root.FullTag() + ">")
	start := bytes.TrimSuffix(empty, end)
	all := append(make([]byte, 0, len(data)), start...)
	for _, part := range at.parts {
		text, err := s.canonical(at.around(data, part))
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(text, start) || !bytes.HasSuffix(text, end) {
			return nil, errSignature // cannot be, and must not pass
		}
		all = append(all, text[len(start):len(text)-len(end)]...)
		clear(text)
	}
	return append(all, end...), nil
}
