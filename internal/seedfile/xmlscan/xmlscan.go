// Package xmlscan reads the XML of those families whose files are plain trees of
// elements without namespaces: eToken XML and Deepnet's. It streams, and it is
// strict where encoding/xml is not: no DOCTYPE, no entities, no attribute twice,
// no element closed by another's name, nothing behind the root, UTF-8 only, all of
// it within limits. Package pskc has a scanner of its own, which keeps namespaces
// and the rules of RFC 6030.
//
// No error repeats a text or a value: each may be a seed.
package xmlscan

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// Scanner reads one file, element by element. After Root or Child an element is
// open: its attributes are at hand, and Child, Text or Skip reads on inside it.
type Scanner struct {
	in     *input
	xml    *xml.Decoder
	format string // for messages

	begun bool
	open  []xml.Name
	attrs []xml.Attr // of the element that was begun last
	buf   []byte     // of Text
}

// New begins to read a file of a format, whose name messages give.
func New(r io.Reader, format string) *Scanner {
	in := newInput(r)
	s := &Scanner{in: in, xml: xml.NewDecoder(in), format: format}
	s.xml.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errCharset }
	return s
}

// errCharset is for fault to put in words.
var errCharset = errors.New("another character set")

// Line is where the scanner stands, from 1.
func (s *Scanner) Line() int {
	n, _ := s.xml.InputPos()
	return n
}

// Refuse is an error that ends the file.
func (s *Scanner) Refuse(format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{s.Line()}, args...)...).
		WithHint("fetch the delivery again, and ask the supplier for %s as other readers take it", s.format)
}

// Root reads up to what is inside the root element and gives its name.
func (s *Scanner) Root() (string, error) {
	t, err := s.next()
	for err == nil && t.blank() {
		t, err = s.next()
	}
	switch {
	case err == io.EOF:
		return "", s.Refuse("the file has no XML element")
	case err != nil:
		return "", err
	case !t.begins:
		return "", s.Refuse("text before the first element: the file is no XML")
	}
	return t.name, nil
}

// Child gives the next element inside the one that is open. None is left when
// more is false: that one is closed then.
func (s *Scanner) Child() (name string, more bool, err error) {
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return "", false, err
		case t.begins:
			return t.name, true, nil
		case t.ends:
			return "", false, nil
		case !t.blank():
			return "", false, s.Refuse("text between the elements of %s", s.inside())
		}
	}
}

// Text reads the element that is open to its end: nothing but text is in it. It
// is given without the white space around it, and valid until the next call.
func (s *Scanner) Text() ([]byte, error) {
	clear(s.buf)
	s.buf = s.buf[:0]
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case t.ends:
			return trim(s.buf), nil
		case t.begins:
			return nil, s.Refuse("an element inside a text")
		case t.comment:
			return nil, s.Refuse("a comment or processing instruction inside the text of %s", s.inside())
		case len(s.buf)+len(t.text) > MaxToken:
			return nil, s.Refuse("%s has more than %d KiB of text", s.inside(), MaxToken>>10)
		}
		s.buf = append(s.buf, t.text...)
	}
}

// Skip reads the element that is open to its end, whatever is inside.
func (s *Scanner) Skip() error {
	for depth := len(s.open); len(s.open) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// End makes sure that nothing follows the root; its error is io.EOF.
func (s *Scanner) End() error {
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return err
		case t.begins:
			return s.Refuse("a second root element")
		case !t.blank():
			return s.Refuse("text behind the end of the root element")
		}
	}
}

// Attr gives an attribute of the element that was begun last.
func (s *Scanner) Attr(name string) (value string, given bool) {
	for _, a := range s.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// Strange names an attribute of the element that was begun last that is none of
// the known; nothing when all are.
func (s *Scanner) Strange(known ...string) string {
	for _, a := range s.attrs {
		if a.Name.Space != "" || !slices.Contains(known, a.Name.Local) {
			return like("the attribute ", a.Name.Local, "", known)
		}
	}
	return ""
}

// Fields reads the elements inside the one that is open. Each of the known ones
// stands at most once, and read reads it to its end; all else is passed over and
// complained of.
func (s *Scanner) Fields(known []string, complain func(format string, args ...any), read func(name string) error) error {
	in := s.inside()
	var seen uint64
	for {
		name, more, err := s.Child()
		if err != nil || !more {
			return err
		}
		bit := uint64(0)
		if i := slices.Index(known, name); i >= 0 {
			bit = 1 << i
		}
		switch {
		case bit == 0:
			complain("%s in %s is not known, and may change what the codes are", like("<", name, ">", known), in)
			err = s.Skip()
		case seen&bit != 0:
			complain("<%s> stands twice in %s", name, in)
			err = s.Skip()
		default:
			seen |= bit
			err = read(name)
		}
		if err != nil {
			return err
		}
	}
}

// inside is the element that is open, for messages.
func (s *Scanner) inside() string {
	if len(s.open) == 0 {
		return "the file"
	}
	return "<" + seedfile.Shown(s.open[len(s.open)-1].Local) + ">"
}

// like shows a name, and the known one that it is in the wrong case.
func like(before, name, after string, known []string) string {
	text := before + seedfile.Shown(name) + after
	for _, k := range known {
		if strings.EqualFold(k, name) {
			text += " (it ought to be written " + k + ")"
		}
	}
	return text
}

// Record opens the next element of a list of records, each of which ought to have
// that name, and counts it. None is left when more is false: the list is closed
// then. A list without any is refused.
func (s *Scanner) Record(list, name string, n *int) (more bool, err error) {
	child, more, err := s.Child()
	switch {
	case err != nil:
		return false, err
	case more && child != name:
		return false, s.Refuse("<%s> holds an element <%s>; each ought to be a <%s>", list, seedfile.Shown(child), name)
	case !more && *n == 0:
		return false, s.Refuse("<%s> holds no <%s>", list, name)
	case more:
		*n++
	}
	return more, nil
}
