// Package xmlscan is what the families share whose files are plain trees of
// elements without namespaces: eToken XML and Deepnet's. Package xmlstream reads
// the XML; here it is held to what such a file may have, element by element.
//
// No error repeats a text or a value: each may be a seed.
package xmlscan

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/xmlstream"
)

// Scanner reads one file. After Root or Child an element is open: its attributes
// are at hand, and Child, Text or Skip reads on inside it.
type Scanner struct {
	*xmlstream.Reader
	title string // of the format, for messages
	buf   []byte // of Text
}

// New begins to read a file of a format, which messages call by its title.
func New(in io.Reader, title string) *Scanner {
	return &Scanner{xmlstream.NewReader(in, xmlstream.Format{
		Name: title, Hint: "fetch the delivery again, and ask the supplier for " + title + " as other readers take it",
	}), title, nil}
}

// next reads on, and refuses namespaces. Those of a schema on the root say nothing.
func (s *Scanner) next() (xmlstream.Event, error) {
	ev, err := s.Next()
	if err != nil || ev != xmlstream.Start {
		return ev, err
	}
	if s.Name.Space != "" {
		return ev, s.Refuse("%s is in a namespace; %s has none", s.inside(), s.title)
	}
	if len(s.Open) == 1 {
		s.Attrs = slices.DeleteFunc(s.Attrs, func(a xml.Attr) bool { return a.Name.Space != "" })
	}
	return ev, nil
}

// Root opens the root element, whose name it must be, without attributes.
func (s *Scanner) Root(name string) error {
	if _, err := s.next(); err != nil {
		return err
	}
	if s.Name.Local != name {
		return s.Refuse("the root element is <%s>; that of %s is <%s>", seedfile.Shown(s.Name.Local), s.title, name)
	}
	return s.NoAttrs()
}

// Child opens the next element inside the one that is open. None is left when more
// is false: that one is closed then.
func (s *Scanner) Child() (name string, more bool, err error) {
	for {
		ev, err := s.next()
		switch {
		case err != nil:
			return "", false, err
		case ev == xmlstream.Start:
			return s.Name.Local, true, nil
		case ev == xmlstream.End:
			return "", false, nil
		case !s.Blank():
			return "", false, s.Refuse("text between the elements of %s", s.inside())
		}
	}
}

// Text reads the element that is open to its end: nothing but text is in it. It
// comes without the white space around it, and is valid until the next call.
func (s *Scanner) Text() ([]byte, error) {
	clear(s.buf)
	s.buf, s.Split = s.buf[:0], false
	in := s.inside()
	for {
		ev, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case s.Split:
			return nil, s.Refuse("a comment or processing instruction inside the text of %s", in)
		case ev == xmlstream.End:
			return bytes.Trim(s.buf, xmlstream.Spaces), nil
		case ev == xmlstream.Start:
			return nil, s.Refuse("an element inside a text")
		case len(s.buf)+len(s.Reader.Text) > xmlstream.MaxToken:
			return nil, s.Refuse("%s has more than %d KiB of text", in, xmlstream.MaxToken>>10)
		}
		s.buf = append(s.buf, s.Reader.Text...)
	}
}

// NoAttrs refuses a file whose open element has attributes.
func (s *Scanner) NoAttrs() error {
	if unknown := s.UnknownAttr(); unknown != "" {
		return s.Refuse("%s has %s, which fob does not know: it may be of another version", s.inside(), unknown)
	}
	return nil
}

// UnknownAttr names an attribute of the element that was begun last that is not
// of the known; nothing when all are.
func (s *Scanner) UnknownAttr(known ...string) string {
	for _, a := range s.Attrs {
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
	var seen []string
	for {
		name, more, err := s.Child()
		switch {
		case err != nil || !more:
			return err
		case !slices.Contains(known, name):
			complain("%s in %s is not known, and may change what the codes are", like("<", name, ">", known), in)
			err = s.Skip()
		case slices.Contains(seen, name):
			complain("<%s> stands twice in %s", name, in)
			err = s.Skip()
		default:
			seen = append(seen, name)
			err = read(name)
		}
		if err != nil {
			return err
		}
	}
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

// inside is the element that is open, for messages.
func (s *Scanner) inside() string {
	return "<" + seedfile.Shown(s.Open[len(s.Open)-1].Local) + ">"
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

// Sniff reports whether a file's root element is that of a format, as far as its
// beginning can tell.
func Sniff(s seedfile.Sample, root, title string) seedfile.Match {
	text, chars := rows.UTF8(bytes.NewReader(s.Data))
	name, ok := xmlstream.Root(text)
	switch {
	case !ok || !strings.EqualFold(name.Local, root):
		return seedfile.Match{}
	case name.Local != root:
		return seedfile.Match{Why: fmt.Sprintf("its root is <%s>; that of %s is <%s>", name.Local, title, root)}
	case name.Space != "":
		return seedfile.Match{Why: fmt.Sprintf("its root <%s> is in a namespace; %s has none", root, title)}
	case chars.Name != "UTF-8":
		return seedfile.Match{Why: fmt.Sprintf("the file is written in %s; fob reads %s in UTF-8", chars.Name, title)}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("the root element is <%s>", root)}
}
