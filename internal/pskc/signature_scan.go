package pskc

import (
	"bytes"
	"encoding/xml"
	"fob/internal/fault"
	"io"
)

// scanSigned reads the file as a Decoder would before anything builds a tree of
// it: no DOCTYPE, no entities, no depth. It counts what could deceive about what
// is signed: there is one root and in it one signature. It gives where the file can
// be taken apart, and how often each Id stands in it.
func scanSigned(data []byte) (at places, ids map[string]int, err error) {
	s := newScanner(bytes.NewReader(data))
	at.size = partSize
	ids = map[string]int{}
	signatures, roots := 0, 0
	for {
		ev, err := s.next()
		switch {
		case err == io.EOF && roots == 0:
			return at, nil, s.refuse("the file has no XML element")
		case err == io.EOF && signatures == 0:
			return at, nil, fault.Errorf(fault.Refused, "the container is not signed").
				WithHint("ask the supplier for the signed one; without a certificate to verify it by, it is read as it is")
		case err == io.EOF:
			return at, ids, nil
		case err != nil:
			return at, nil, err
		case ev == text && len(s.open) == 0 && !s.blank():
			return at, nil, s.refuse("text outside of <KeyContainer>")
		case ev != begins:
			at.note(s, ev)
			continue
		}
		if err := s.checkSignedElement(&roots, &signatures); err != nil {
			return at, nil, err
		}
		at.note(s, ev)
		for _, a := range s.attrs {
			if isIDName(a.Name) {
				ids[a.Value]++
			}
		}
	}
}

func isIDName(n xml.Name) bool {
	return n.Space == "" && (n.Local == "Id" || n.Local == "id" || n.Local == "ID") || n.Space == namespaceXML && n.Local == "id"
}

func (s *scanner) checkSignedElement(roots, signatures *int) error {
	depth := len(s.open)
	if depth == 1 {
		if *roots++; *roots > 1 {
			return s.refuse("a second root element, %s", shownElement(s.name.Local))
		}
		if why := CheckRoot(s.name); why != "" {
			return s.refuse("%s", why)
		}
	}
	switch s.name {
	case xml.Name{Space: Namespace, Local: "Signature"}:
		return s.refuse("<Signature> is in the namespace of PSKC, not of XML signatures (erratum 3418 of RFC 6030)")
	case signatureName:
		if *signatures++; *signatures > 1 {
			return s.refuse("a second <Signature>")
		}
		if depth != 2 {
			return s.refuse("a <Signature> that is not directly in <KeyContainer>")
		}
	}
	return nil
}

// signatureName is that of the one signature.
var signatureName = xml.Name{Space: namespaceDS, Local: "Signature"}
