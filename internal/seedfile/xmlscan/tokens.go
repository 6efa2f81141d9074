package xmlscan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fob/internal/fault"
	"io"
	"strings"
)

// met is one thing that stands in a file.
type met struct {
	begins, ends, comment bool
	name                  string // of an element that begins
	text                  []byte // valid until the next one
}

// blank reports whether it says nothing between elements.
func (m met) blank() bool { return !m.begins && !m.ends && len(trim(m.text)) == 0 }

// next gives what comes next; io.EOF after the end of the root.
func (s *Scanner) next() (met, error) {
	s.in.token = 0
	raw, err := s.xml.RawToken()
	if err != nil {
		return met{}, s.fault(err)
	}
	first := !s.begun
	s.begun = true
	switch t := raw.(type) {
	case xml.StartElement:
		return met{begins: true, name: t.Name.Local}, s.begin(t)
	case xml.EndElement:
		return met{ends: true}, s.end(t.Name)
	case xml.CharData:
		return met{text: t}, nil
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && !first {
			return met{}, s.Refuse("an XML declaration that is not at the beginning of the file")
		}
	case xml.Directive:
		return met{}, s.Refuse("a DOCTYPE or another declaration; %s has none, and they are a way to attack its readers", s.format)
	}
	return met{comment: true}, nil
}

// begin opens an element.
func (s *Scanner) begin(t xml.StartElement) error {
	s.open = append(s.open, t.Name)
	switch {
	case len(s.open) > MaxDepth:
		return s.Refuse("elements are nested more than %d deep", MaxDepth)
	case len(t.Attr) > MaxAttributes:
		return s.Refuse("%s has %d attributes, %d are the most", s.inside(), len(t.Attr), MaxAttributes)
	case t.Name.Space != "" || strings.Contains(t.Name.Local, ":"):
		return s.Refuse("an element with a namespace prefix; %s has none", s.format)
	}
	s.attrs = s.attrs[:0]
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return s.Refuse("an attribute stands twice in %s", s.inside())
			}
		}
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns" && a.Value != "":
			return s.Refuse("%s is in a namespace; %s has none", s.inside(), s.format)
		case a.Name.Local == "xmlns", a.Name.Space == "xmlns":
		case a.Name.Space != "" && len(s.open) == 1: // such as xsi:noNamespaceSchemaLocation
		default:
			s.attrs = append(s.attrs, a)
		}
	}
	return nil
}

// end closes an element.
func (s *Scanner) end(name xml.Name) error {
	depth := len(s.open)
	if depth == 0 || s.open[depth-1] != name {
		return s.Refuse("an element is closed where it is not open")
	}
	s.open = s.open[:depth-1]
	return nil
}

// fault puts an error of encoding/xml in words that repeat nothing of the file:
// its own may hold a piece of a seed.
func (s *Scanner) fault(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case s.in.failed != nil:
		return s.in.failed
	case errors.Is(err, errTooMuch):
		return s.Refuse("a text or tag of more than %d KiB", MaxToken>>10)
	case errors.Is(err, errUTF16), errors.Is(err, errCharset):
		return fault.Errorf(fault.Refused, "the file is written in %s; fob reads %s in UTF-8", charset(err), s.format).
			WithHint("ask the supplier for UTF-8, which is what other readers expect too")
	case err == io.EOF && len(s.open) == 0:
		return io.EOF
	case err == io.EOF:
		return s.cutOff()
	case !errors.As(err, &syntax):
		return s.Refuse("the file says that it is XML of another version than 1.0")
	case strings.HasPrefix(syntax.Msg, "unexpected EOF"):
		return s.cutOff()
	case strings.HasPrefix(syntax.Msg, "invalid character entity"):
		return s.Refuse("an entity that XML does not have by itself; %s declares none", s.format)
	case strings.HasPrefix(syntax.Msg, "invalid UTF-8"), strings.HasPrefix(syntax.Msg, "illegal character code"):
		return s.Refuse("a character that is not UTF-8, or that XML does not allow")
	}
	return s.Refuse("the file is not well-formed XML")
}

func charset(err error) string {
	if errors.Is(err, errUTF16) {
		return "UTF-16"
	}
	return "another encoding than UTF-8, as its first line says"
}

func (s *Scanner) cutOff() error {
	if len(s.open) == 0 {
		return s.Refuse("the file is cut off")
	}
	return s.Refuse("the file is cut off inside %s", s.inside())
}

// trim removes XML's white space.
func trim(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }
