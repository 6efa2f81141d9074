package pskc

import (
	"bytes"
	"encoding/xml"
	"fob/internal/fault"
	"io"
	"strings"
)

// event is what a scanner met.
type event int

const (
	begins event = iota // an element: name and attrs
	ends                // the element that was begun last
	text                // a stretch of text
)

// scanner makes elements of tokens: nesting, namespaces, attributes.
type scanner struct {
	in  *window
	lex lexer

	open  []xml.Name // elements, with their prefixes
	bound []binding
	begun bool // something was met
	ended bool // the element just begun is empty: its end comes next

	name  xml.Name   // of the element just begun, with its namespace
	attrs []xml.Attr // of the element just begun, without declarations of namespaces
	kept  []xml.Attr // where they are kept, for the next element
	text  []byte     // valid until the next call
	split bool       // a comment or an instruction was met; the caller resets it
}

// binding is a prefix that an element declared, empty for the default namespace.
type binding struct {
	prefix, space string
	depth         int
}

func newScanner(r io.Reader) *scanner {
	in := newWindow(r)
	return &scanner{in: in, lex: lexer{in: in}}
}

// line is where the scanner stands, from 1.
func (s *scanner) line() int { return s.in.lines + 1 }

// next gives the next event; io.EOF after the end of the root.
func (s *scanner) next() (event, error) {
	if s.ended {
		s.ended = false
		s.close()
		return ends, nil
	}
	if !s.in.begun {
		if err := s.in.begin(); err != nil {
			return 0, s.fault(err)
		}
	}
	for {
		met, err := s.lex.next()
		if err != nil {
			return 0, s.fault(err)
		}
		first := !s.begun
		s.begun = true
		switch met {
		case startTag:
			return begins, s.begin()
		case endTag:
			return ends, s.end()
		case charData:
			s.text = s.lex.text
			return text, nil
		case comment:
			s.split = true
		case declaration:
			if err := s.declaration(first); err != nil {
				return 0, err
			}
		}
	}
}

// declaration reads what the XML declaration says.
func (s *scanner) declaration(first bool) error {
	if !first {
		return s.refuse("an XML declaration that is not at the beginning of the file")
	}
	for i, a := range s.lex.attrs {
		switch a.Name.Local {
		case "version":
			if a.Value != "1.0" || i != 0 {
				return s.refuse("the file says that it is XML of another version than 1.0")
			}
		case "encoding":
			if !strings.EqualFold(a.Value, "UTF-8") {
				return otherEncoding("another encoding than UTF-8, as its first line says")
			}
		case "standalone":
		default:
			return s.refuse("the file is not well-formed XML")
		}
	}
	if len(s.lex.attrs) == 0 || s.lex.attrs[0].Name.Local != "version" {
		return s.refuse("the file says that it is XML of another version than 1.0")
	}
	return nil
}

// refuse is an error that ends the file.
func (s *scanner) refuse(format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{s.line()}, args...)...).WithHint(fetchAgain)
}

// fault puts what the lexer met in words that repeat nothing of the file: a piece
// of a secret may be in it.
func (s *scanner) fault(err error) error {
	switch err {
	case io.EOF:
		if len(s.open) == 0 {
			return io.EOF
		}
		return s.cutOff()
	case errCut:
		return s.cutOff()
	case errTooMuch:
		return s.refuse("a text or tag of more than %d KiB", MaxToken>>10)
	case errEntity:
		return s.refuse("an entity that XML does not have by itself; PSKC declares none")
	case errChar:
		return s.refuse("a character that is not UTF-8, or that XML does not allow")
	case errForm:
		return s.refuse("the file is not well-formed XML")
	case errTwice:
		return s.refuse("an attribute stands twice in %s", shownElement(s.lex.name.Local))
	case errMany:
		return s.refuse("%s has more than %d attributes", shownElement(s.lex.name.Local), MaxAttributes)
	case errDirective:
		return s.refuse("a DOCTYPE or another declaration; PSKC has none, and they are a way to attack its readers")
	case errPI:
		return s.refuse("an XML declaration that is misspelt; it is <?xml … ?> in small letters")
	}
	return err // of the reader below
}

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
func (s *scanner) begin() error {
	s.open = append(s.open, s.lex.name)
	s.ended = s.lex.empty
	if len(s.open) > MaxDepth {
		return s.refuse("elements are nested more than %d deep", MaxDepth)
	}
	s.attrs = s.kept[:0]
	for _, a := range s.lex.attrs {
		declares, err := s.declare(a)
		if err != nil {
			return err
		}
		if !declares {
			s.attrs = append(s.attrs, a)
		}
	}
	s.kept = s.attrs
	return s.resolveAll(s.lex.name)
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

// end closes an element by its tag.
func (s *scanner) end() error {
	if len(s.open) == 0 || s.open[len(s.open)-1] != s.lex.name {
		return s.refuse("%s is closed where it is not open", shownElement(s.lex.name.Local))
	}
	s.close()
	return nil
}

// close forgets the element that was opened last.
func (s *scanner) close() {
	depth := len(s.open)
	for n := len(s.bound); n > 0 && s.bound[n-1].depth == depth; n-- {
		s.bound = s.bound[:n-1]
	}
	s.open = s.open[:depth-1]
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

// blank reports whether the text is nothing but white space.
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
