// Package xmlstream reads XML 1.0 as a stream of elements and text. It is the one
// XML reader of fob: PSKC containers, seed files of other families and the sheets
// of workbooks are read through it.
//
// It is stricter than encoding/xml, and reads what both accept in the same way,
// which a fuzz test holds it to: nobody can show one thing to fob and another to
// anyone who looks at the file with other tools. It refuses what encoding/xml lets
// pass and an attacker could use: a DOCTYPE, entities, a second root, text around
// the root, an attribute that stands twice, an undeclared prefix. It takes a fifth
// of the time, because names are made once and text is not copied, and memory for
// one token, whatever the file.
//
// What it leaves out of XML 1.0: DOCTYPE and all that could stand in one, hence
// entities but the five that need no declaration; encodings other than UTF-8.
//
// No error repeats a text or a value of the file: each may be a seed.
package xmlstream

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"io"
	"strings"

	"fob/internal/fault"
)

// Event is what a Reader met.
type Event int

const (
	Start Event = iota // an element: Name and Attrs
	End                // the element that was begun last
	Text               // a stretch of text inside the root
)

// Format is what messages say of the files that are read.
type Format struct {
	Name    string // PSKC for example
	Hint    string // what to do about a file that is refused
	Longest int    // token in bytes; 0: MaxToken
}

// Reader reads one file. Its fields are for reading, but for Split.
type Reader struct {
	Name  xml.Name   // of the element just begun, with its namespace
	Attrs []xml.Attr // of the element just begun, without declarations of namespaces
	Text  []byte     // valid until the next call
	Split bool       // a comment or an instruction was met; the caller resets it
	Open  []xml.Name // elements that are open, with their prefixes in Space
	From  int        // where the last tag begins, in bytes of the file
	Cut   bool       // the file ended inside an element

	window
	format Format
	names  map[string]xml.Name // what was met, prefixes in Space
	bound  []binding
	attrs  []xml.Attr // where Attrs are kept, for the next element
	plain  []byte     // text that had to be copied
	mark   int        // size of the byte order mark
	begun  bool
	rooted bool // the root was met
	empty  bool // the element just begun ends at once
}

// binding is a prefix that an element declared, empty for the default namespace.
type binding struct {
	prefix, space string
	depth         int
}

// NewReader begins to read. The caller need not buffer in.
func NewReader(in io.Reader, f Format) *Reader {
	f.Longest = cmp.Or(f.Longest, MaxToken)
	return &Reader{
		format: f, names: map[string]xml.Name{},
		window: window{r: in, longest: f.Longest, buf: make([]byte, min(f.Longest, MaxToken)+spare)},
	}
}

// Next returns the next event; io.EOF after the end of the root, when nothing but
// white space and comments followed. Errors are of kind fault.Refused, but for
// those of the reader below, which are passed on as they are.
func (r *Reader) Next() (Event, error) {
	if r.empty {
		r.empty = false
		return End, r.close()
	}
	for {
		ev, met, err := r.token()
		if err != nil {
			return 0, r.inWords(err)
		}
		if met {
			return ev, nil
		}
	}
}

// inWords says what is wrong, and where.
func (r *Reader) inWords(err error) error {
	switch f, ours := err.(flaw); {
	case err == io.EOF && len(r.Open) == 0 && !r.rooted:
		return r.Refuse("the file has no XML element")
	case err == io.EOF && len(r.Open) > 0, f == errCut:
		r.Cut = true
		where := ""
		if n := len(r.Open); n > 0 {
			where = " inside " + Element(r.Open[n-1].Local)
		}
		return r.Refuse("the file is cut off%s", where)
	case f == errTooMuch:
		return r.Refuse("a text or tag of more than %d KiB", r.longest>>10)
	case ours:
		return r.Refuse("%s", strings.ReplaceAll(string(f), "FORMAT", r.format.Name))
	}
	return err
}

// Refuse makes an error that ends the file, with the line.
func (r *Reader) Refuse(format string, args ...any) *fault.Error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{r.Line()}, args...)...).WithHint("%s", r.format.Hint)
}

func (r *Reader) twice() error {
	return r.Refuse("an attribute stands twice in %s", Element(r.Name.Local))
}

func (r *Reader) encoding(name string) error {
	return fault.Errorf(fault.Refused, "the file is written in %s; fob reads %s in UTF-8", name, r.format.Name).
		WithHint("ask the supplier for UTF-8, which is what other readers expect too")
}

// Line is where the reader stands, from 1.
func (r *Reader) Line() int { return r.lines + 1 }

// To is where the last token ends, in bytes of the file.
func (r *Reader) To() int { return r.used }

// Blank reports whether Text is nothing but white space.
func (r *Reader) Blank() bool { return len(bytes.Trim(r.Text, Spaces)) == 0 }

// Attr returns an attribute of the element just begun that has no prefix.
func (r *Reader) Attr(local string) string {
	for _, a := range r.Attrs {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Skip reads on to the end of the element just begun, whatever is inside.
func (r *Reader) Skip() error {
	for depth := len(r.Open); len(r.Open) >= depth; {
		if _, err := r.Next(); err != nil {
			return err
		}
	}
	return nil
}

// Forget overwrites what was read.
func (r *Reader) Forget() {
	clear(r.buf)
	clear(r.plain[:cap(r.plain)])
}

// open opens an element, and resolves the namespaces of its name and attributes.
// An attribute without a prefix has none.
func (r *Reader) open() error {
	if len(r.Open) == 0 && r.rooted {
		return r.Refuse("a second root element, %s", Element(r.Name.Local))
	}
	r.rooted = true
	if r.Open = append(r.Open, r.Name); len(r.Open) > MaxDepth {
		return r.Refuse("elements are nested more than %d deep", MaxDepth)
	}
	all := r.Attrs
	r.Attrs = r.Attrs[:0]
	for _, a := range all {
		declares, err := r.declare(a)
		if err != nil {
			return err
		}
		if !declares {
			r.Attrs = append(r.Attrs, a)
		}
	}
	var err error
	if r.Name, err = r.resolve(r.Name); err != nil {
		return err
	}
	for i := range r.Attrs {
		a := &r.Attrs[i].Name
		if a.Space == "" && !strings.Contains(a.Local, ":") {
			continue
		}
		if *a, err = r.resolve(*a); err != nil {
			return err
		}
		for _, b := range r.Attrs[:i] {
			if *a == b.Name {
				return r.twice()
			}
		}
	}
	return nil
}

const namespaceXML = "http://www.w3.org/XML/1998/namespace"

// declare takes an attribute that binds a prefix.
func (r *Reader) declare(a xml.Attr) (bool, error) {
	b := binding{a.Name.Local, a.Value, len(r.Open)}
	switch {
	case a.Name.Space == "" && a.Name.Local == "xmlns":
		b.prefix = ""
	case a.Name.Space != "xmlns":
		return false, nil
	case b.prefix == "xmlns", strings.Contains(b.prefix, ":"), b.prefix == "xml" && b.space != namespaceXML, b.space == "":
		return true, r.Refuse("a namespace is declared in a way that XML does not allow")
	}
	r.bound = append(r.bound, b)
	return true, nil
}

func (r *Reader) resolve(name xml.Name) (xml.Name, error) {
	if strings.Contains(name.Local, ":") {
		return name, r.Refuse("a name with a colon where none may be")
	}
	for i := len(r.bound) - 1; i >= 0; i-- {
		if r.bound[i].prefix == name.Space {
			return xml.Name{Space: r.bound[i].space, Local: name.Local}, nil
		}
	}
	switch name.Space {
	case "":
		return name, nil
	case "xml":
		return xml.Name{Space: namespaceXML, Local: name.Local}, nil
	}
	return name, r.Refuse("%s has a prefix that is not declared", Name(name.Local))
}

// close forgets the element that was opened last.
func (r *Reader) close() error {
	depth := len(r.Open)
	for n := len(r.bound); n > 0 && r.bound[n-1].depth == depth; n-- {
		r.bound = r.bound[:n-1]
	}
	r.Open = r.Open[:depth-1]
	return nil
}

// Name is a name of the file as messages repeat it: a long one might be something
// else, a seed for example.
func Name(name string) string {
	if len(name) > maxShown || len(name) >= minSeed && strings.ContainsAny(name, "0123456789") {
		return "a name too long to show"
	}
	return name
}

// Element is Name for an element.
func Element(name string) string {
	if shown := Name(name); shown != name {
		return "an element with " + shown
	}
	return "<" + name + ">"
}
