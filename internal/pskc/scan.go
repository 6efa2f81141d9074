package pskc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"fob/internal/token"
)

// event is what a scanner met.
type event int

const (
	begins event = iota // an element: name and attrs
	ends                // the element that was begun last
	text                // a stretch of text
)

// scanner reads XML token by token. It takes encoding/xml's raw tokens, because
// its cooked ones let undeclared prefixes and repeated attributes pass, and does
// the rest itself: nesting, namespaces, attributes.
type scanner struct {
	in  *input
	xml *xml.Decoder

	open  []xml.Name // elements, with their prefixes
	bound []binding
	begun bool // something was met

	name  xml.Name   // of the element just begun, with its namespace
	attrs []xml.Attr // of the element just begun, without declarations of namespaces
	text  []byte     // valid until the next call
	split bool       // a comment or processing instruction was met; the caller resets it
}

// binding is a prefix that an element declared, empty for the default namespace.
type binding struct {
	prefix, space string
	depth         int
}

func newScanner(r io.Reader) *scanner {
	in := newInput(r)
	s := &scanner{in: in, xml: xml.NewDecoder(in)}
	s.xml.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		return nil, otherEncoding("another encoding than UTF-8, as its first line says")
	}
	return s
}

// line is where the scanner stands, from 1.
func (s *scanner) line() int {
	n, _ := s.xml.InputPos()
	return n
}

// next gives the next event; io.EOF after the end of the root.
func (s *scanner) next() (event, error) {
	for {
		s.in.mark()
		raw, err := s.xml.RawToken()
		if err != nil {
			return 0, s.fault(err)
		}
		first := !s.begun
		s.begun = true
		switch t := raw.(type) {
		case xml.StartElement:
			return begins, s.begin(t)
		case xml.EndElement:
			return ends, s.end(t)
		case xml.CharData:
			s.text = t
			return text, nil
		case xml.Comment:
			s.split = true
		case xml.ProcInst:
			s.split = true
			if strings.EqualFold(t.Target, "xml") && !first {
				return 0, s.refuse("an XML declaration that is not at the beginning of the file")
			}
		case xml.Directive:
			return 0, s.refuse("a DOCTYPE or another declaration; PSKC has none, and they are a way to attack its readers")
		}
	}
}

// refuse is an error that ends the file.
func (s *scanner) refuse(format string, args ...any) error {
	return token.Errorf(token.Refused, "line %d: "+format, append([]any{s.line()}, args...)...).WithHint(fetchAgain)
}

// fault puts an error of encoding/xml in words that repeat nothing of the file:
// its own may hold a piece of a secret.
func (s *scanner) fault(err error) error {
	var ours *token.Error
	var syntax *xml.SyntaxError
	switch {
	case err == errTooMuch:
		return s.refuse("a text or tag of more than %d KiB", MaxToken>>10)
	case errors.As(err, &ours):
		return ours
	case s.in.foreign() != nil:
		return s.in.foreign()
	case err == io.EOF && len(s.open) == 0:
		return io.EOF
	case err == io.EOF:
		return s.cutOff()
	case !errors.As(err, &syntax):
		return s.refuse("the file says that it is XML of another version than 1.0")
	case strings.HasPrefix(syntax.Msg, "unexpected EOF"):
		return s.cutOff()
	case strings.HasPrefix(syntax.Msg, "invalid character entity"):
		return s.refuse("an entity that XML does not have by itself; PSKC declares none")
	case strings.HasPrefix(syntax.Msg, "invalid UTF-8"), strings.HasPrefix(syntax.Msg, "illegal character code"):
		return s.refuse("a character that is not UTF-8, or that XML does not allow")
	}
	return s.refuse("the file is not well-formed XML")
}

// errCut is in the error for a file that ends too early.
var errCut = errors.New("cut off")

func (s *scanner) cutOff() error {
	where := ""
	if len(s.open) > 0 {
		where = " inside " + shownElement(s.open[len(s.open)-1].Local)
	}
	return cutError{s.refuse("the file is cut off%s", where)}
}

// cutError marks an error as errCut.
type cutError struct{ error }

func (e cutError) Unwrap() error        { return e.error }
func (e cutError) Is(target error) bool { return target == errCut }

// begin opens an element.
func (s *scanner) begin(t xml.StartElement) error {
	s.open = append(s.open, t.Name)
	switch {
	case len(s.open) > MaxDepth:
		return s.refuse("elements are nested more than %d deep", MaxDepth)
	case len(t.Attr) > MaxAttributes:
		return s.refuse("%s has %d attributes, %d are the most", shownElement(t.Name.Local), len(t.Attr), MaxAttributes)
	}
	s.attrs = t.Attr[:0]
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return s.refuse("an attribute stands twice in %s", shownElement(t.Name.Local))
			}
		}
	}
	for _, a := range t.Attr {
		declares, err := s.declare(a)
		if err != nil {
			return err
		}
		if !declares {
			s.attrs = append(s.attrs, a)
		}
	}
	return s.resolveAll(t.Name)
}

// declare takes an attribute that binds a prefix.
func (s *scanner) declare(a xml.Attr) (bool, error) {
	b := binding{a.Name.Local, a.Value, len(s.open)}
	switch {
	case a.Name.Space == "" && a.Name.Local == "xmlns":
		b.prefix = ""
	case a.Name.Space != "xmlns":
		return false, nil
	case b.prefix == "xmlns", b.prefix == "xml" && b.space != namespaceXML, b.space == "":
		return true, s.refuse("a namespace is declared in a way that XML does not allow")
	}
	s.bound = append(s.bound, b)
	return true, nil
}

// resolveAll gives the element and its attributes their namespaces. An attribute
// without a prefix has none.
func (s *scanner) resolveAll(name xml.Name) error {
	var err error
	if s.name, err = s.resolve(name); err != nil {
		return err
	}
	for i := range s.attrs {
		a := &s.attrs[i].Name
		if a.Space == "" {
			continue
		}
		if *a, err = s.resolve(*a); err != nil {
			return err
		}
		for _, b := range s.attrs[:i] {
			if *a == b.Name {
				return s.refuse("an attribute stands twice in %s", shownElement(name.Local))
			}
		}
	}
	return nil
}

func (s *scanner) resolve(name xml.Name) (xml.Name, error) {
	if strings.Contains(name.Local, ":") {
		return name, s.refuse("a name with a colon at its beginning or end")
	}
	for i := len(s.bound) - 1; i >= 0; i-- {
		if s.bound[i].prefix == name.Space {
			return xml.Name{Space: s.bound[i].space, Local: name.Local}, nil
		}
	}
	switch name.Space {
	case "":
		return name, nil
	case "xml":
		return xml.Name{Space: namespaceXML, Local: name.Local}, nil
	}
	return name, s.refuse("%s has a prefix that is not declared", shownName(name.Local))
}

// end closes an element.
func (s *scanner) end(t xml.EndElement) error {
	depth := len(s.open)
	if depth == 0 || s.open[depth-1] != t.Name {
		return s.refuse("%s is closed where it is not open", shownElement(t.Name.Local))
	}
	for n := len(s.bound); n > 0 && s.bound[n-1].depth == depth; n-- {
		s.bound = s.bound[:n-1]
	}
	s.open = s.open[:depth-1]
	return nil
}

// skip reads on to the end of the element just begun, whatever is inside.
func (s *scanner) skip() error {
	for depth := len(s.open); len(s.open) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// blank tells whether the text is nothing but white space.
func (s *scanner) blank() bool { return len(trim(s.text)) == 0 }

// spaces are XML's white space.
const spaces = " \t\r\n"

func trim(b []byte) []byte { return bytes.Trim(b, spaces) }

// shownName is a name of the file as messages repeat it: a long one might be
// something else.
func shownName(name string) string {
	if len(name) > maxShownName {
		return "a name too long to show"
	}
	return name
}

func shownElement(name string) string {
	if len(name) > maxShownName {
		return "an element with a name too long to show"
	}
	return "<" + name + ">"
}
