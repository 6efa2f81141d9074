package pskc

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"fob/internal/fault"
	"fob/internal/xmlstream"
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

// signatureName is that of the one signature.
var signatureName = xml.Name{Space: namespaceDS, Local: "Signature"}

// scanSigned reads the file as a Decoder would before anything builds a tree of
// it: no DOCTYPE, no entities, no depth, one root. It refuses what could deceive
// about what is signed, and returns where the file can be taken apart, and how
// often each Id stands in it.
func scanSigned(data []byte) (at places, ids map[string]int, err error) {
	r := newXML(bytes.NewReader(data))
	at.size = partSize
	ids = map[string]int{}
	for {
		ev, err := r.Next()
		switch {
		case err == io.EOF && at.signature.from == 0:
			return at, nil, fault.Errorf(fault.Refused, "the container is not signed").
				WithHint("ask the supplier for the signed one; without a certificate to verify it by, it is read as it is")
		case err == io.EOF:
			return at, ids, nil
		case err == nil && ev == xmlstream.Start:
			err = checkSigned(r, at.signature.from > 0)
		}
		if err != nil {
			return at, nil, err
		}
		at.note(r, ev)
		if ev != xmlstream.Start {
			continue
		}
		for _, a := range r.Attrs {
			if isID(a.Name) {
				ids[a.Value]++
			}
		}
	}
}

func isID(n xml.Name) bool {
	return n.Space == "" && slices.Contains([]string{"Id", "id", "ID"}, n.Local) || n == xml.Name{Space: namespaceXML, Local: "id"}
}

// checkSigned looks at an element of a signed container, in which a signature may
// have been met.
func checkSigned(r *xmlstream.Reader, met bool) error {
	depth := len(r.Open)
	if depth == 1 {
		if why := CheckRoot(r.Name); why != "" {
			return r.Refuse("%s", why)
		}
	}
	switch {
	case r.Name == xml.Name{Space: Namespace, Local: "Signature"}:
		return r.Refuse("<Signature> is in the namespace of PSKC, not of XML signatures (erratum 3418 of RFC 6030)")
	case r.Name != signatureName:
	case met:
		return r.Refuse("a second <Signature>")
	case depth != 2:
		return r.Refuse("a <Signature> that is not directly in <KeyContainer>")
	}
	return nil
}

// note follows an event of the reader.
func (p *places) note(r *xmlstream.Reader, ev xmlstream.Event) {
	last := len(p.parts) - 1
	switch depth, here := len(r.Open), r.To(); {
	case ev == xmlstream.Start && depth == 1:
		p.start = span{r.From, here}
		p.parts = []span{{here, here}}
	case ev == xmlstream.Start && depth == 2 && r.Name == signatureName:
		p.signature.from = r.From
		p.parts[last].to = r.From
	case ev == xmlstream.End && depth == 0:
		p.end = span{r.From, here}
		p.parts[last].to = r.From
	case ev == xmlstream.End && depth == 1 && p.signature.from > 0 && p.signature.to == 0:
		p.signature.to = here
		p.parts = append(p.parts, span{here, here})
	case ev == xmlstream.End && depth == 1:
		if p.parts[last].to = here; here-p.parts[last].from >= p.size {
			p.parts = append(p.parts, span{here, here})
		}
	}
}

// canonicalInfo is SignedInfo in exclusive canonical form, as bytes: what they
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
		if child.Tag == "InclusiveNamespaces" && child.NamespaceURI() == exclusive {
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
