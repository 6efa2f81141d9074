package xmlstream

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// flaw is what is wrong inside a token, in words that repeat nothing of the file;
// FORMAT stands for the format's name.
type flaw string

func (f flaw) Error() string { return string(f) }

const (
	errForm      flaw = "the file is not well-formed XML"
	errChar      flaw = "a character that is not UTF-8, or that XML does not allow"
	errEntity    flaw = "an entity that XML does not have by itself; FORMAT declares none"
	errDirective flaw = "a DOCTYPE or another declaration; FORMAT has none, and they are a way to attack its readers"
	errPI        flaw = "an XML declaration that is misspelt; it begins with <?xml in small letters"
	errVersion   flaw = "the file says that it is XML of another version than 1.0"
	errTooMuch   flaw = "a token beyond the limit"
	errCut       flaw = "the file ends inside a token"
)

// token reads what comes next, and reports whether it was an event: comments,
// instructions and white space around the root are not.
func (r *Reader) token() (ev Event, met bool, err error) {
	if !r.begun {
		if err := r.begin(); err != nil {
			return 0, false, err
		}
	}
	r.From = r.used
	if r.pos == r.end {
		if err := r.more(); err != nil {
			return 0, false, err
		}
	}
	first := r.used == r.mark
	if r.rest()[0] != '<' {
		met, err := r.readText()
		return Text, met, err
	}
	if err := r.see(len("<![CDATA[")); err != nil {
		return 0, false, err
	}
	switch head := r.rest(); {
	case bytes.HasPrefix(head, []byte("</")):
		return End, true, r.readEnd()
	case bytes.HasPrefix(head, []byte("<!--")):
		return 0, false, r.readComment()
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		return Text, true, r.readCData()
	case bytes.HasPrefix(head, []byte("<!")):
		return 0, false, errDirective
	case bytes.HasPrefix(head, []byte("<?")):
		return 0, false, r.readInstruction(first)
	}
	return Start, true, r.readStart()
}

// begin looks at the first bytes, which tell the encoding.
func (r *Reader) begin() error {
	r.begun = true
	if err := r.fill(4); err != nil && err != io.EOF {
		return err
	}
	switch head := r.rest(); {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		r.pos, r.used, r.mark = 3, 3, 3
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")),
		bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("\x00<")):
		return r.encoding("UTF-16")
	}
	return nil
}

// take uses up a token, within the limit.
func (r *Reader) take(n int) ([]byte, error) {
	if n > r.longest {
		return nil, errTooMuch
	}
	return r.use(n), nil
}

func (r *Reader) readStart() error {
	n, err := r.tag()
	if err != nil {
		return err
	}
	tag, err := r.take(n)
	if err != nil {
		return err
	}
	tag = tag[1 : len(tag)-1]
	if r.empty = bytes.HasSuffix(tag, []byte{'/'}); r.empty {
		tag = tag[:len(tag)-1]
	}
	name, rest := cutName(tag)
	if r.Name, err = r.qualified(name); err != nil {
		return err
	}
	if err := r.readAttrs(rest); err != nil {
		return err
	}
	return r.open()
}

func (r *Reader) readEnd() error {
	n, err := r.find(2, ">")
	if err != nil {
		return err
	}
	tag := r.use(n)
	name, rest := cutName(tag[2 : n-1])
	if len(trimLeft(rest)) > 0 {
		return errForm
	}
	if n := len(r.Open); n == 0 || !isWritten(name, r.Open[n-1]) {
		q, err := r.qualified(name)
		if err != nil {
			return err
		}
		return r.Refuse("%s is closed where it is not open", Element(q.Local))
	}
	return r.close()
}

// isWritten reports whether a text is a name with its prefix.
func isWritten(text []byte, name xml.Name) bool {
	n := len(name.Space)
	if n == 0 {
		return string(text) == name.Local
	}
	return len(text) > n && string(text[:n]) == name.Space && text[n] == ':' && string(text[n+1:]) == name.Local
}

func (r *Reader) readComment() error {
	n, err := r.find(len("<!--"), "--")
	if err != nil {
		return err
	}
	if err := r.see(n + 1); err != nil {
		return err
	}
	rest := r.rest()
	switch {
	case len(rest) == n:
		return errCut
	case rest[n] != '>':
		return errForm // -- stands at the end only
	case n > r.longest:
		return errTooMuch
	}
	r.Split = true
	return checkChars(r.use(n + 1))
}

func (r *Reader) readCData() error {
	n, err := r.find(len("<![CDATA["), "]]>")
	if err != nil {
		return err
	}
	text, err := r.take(n)
	if err != nil {
		return err
	}
	if len(r.Open) == 0 {
		return errForm
	}
	r.Text = text[len("<![CDATA[") : n-len("]]>")]
	if bytes.IndexByte(r.Text, '\r') >= 0 {
		r.plain = appendLines(r.plain[:0], r.Text)
		r.Text = r.plain
	}
	return checkChars(r.Text)
}

// readInstruction reads the XML declaration, whose parts look like attributes.
// Other instructions are for other programs (a browser's style sheet) and are
// passed over as comments are.
func (r *Reader) readInstruction(first bool) error {
	n, err := r.find(2, "?>")
	if err != nil {
		return err
	}
	inside, err := r.take(n)
	if err != nil {
		return err
	}
	name, rest := cutName(inside[2 : n-2])
	switch {
	case string(name) == "xml":
		if err := r.readAttrs(rest); err != nil {
			return err
		}
		if !first {
			return r.Refuse("an XML declaration that is not at the beginning of the file")
		}
		return r.declaration()
	case bytes.EqualFold(name, []byte("xml")):
		return errPI
	}
	if _, err := r.qualified(name); err != nil {
		return err
	}
	if len(rest) > 0 && len(trimLeft(rest)) == len(rest) {
		return errForm
	}
	r.Split = true
	return checkChars(rest)
}

// declaration looks at what the XML declaration says.
func (r *Reader) declaration() error {
	if len(r.Attrs) == 0 || r.Attrs[0].Name.Local != "version" {
		return errVersion
	}
	for i, a := range r.Attrs {
		switch a.Name.Local {
		case "version":
			if a.Value != "1.0" || i != 0 {
				return errVersion
			}
		case "encoding":
			if !strings.EqualFold(a.Value, "UTF-8") {
				return r.encoding("another encoding than UTF-8, as its first line says")
			}
		case "standalone":
		default:
			return errForm
		}
	}
	return nil
}

// readAttrs takes attributes apart, each with white space before it.
func (r *Reader) readAttrs(rest []byte) error {
	r.Attrs = r.attrs[:0]
	defer func() { r.attrs = r.Attrs }()
	for {
		after := trimLeft(rest)
		switch {
		case len(after) == 0:
			return nil
		case len(after) == len(rest):
			return errForm
		case len(r.Attrs) == MaxAttributes:
			return r.Refuse("%s has more than %d attributes", Element(r.Name.Local), MaxAttributes)
		}
		a, more, err := r.readAttr(after)
		if err != nil {
			return err
		}
		for _, b := range r.Attrs {
			if a.Name == b.Name {
				return r.twice()
			}
		}
		r.Attrs, rest = append(r.Attrs, a), more
	}
}

func (r *Reader) readAttr(in []byte) (a xml.Attr, rest []byte, err error) {
	name, rest := cutName(in)
	if a.Name, err = r.qualified(name); err != nil {
		return a, nil, err
	}
	rest = trimLeft(rest)
	if len(rest) == 0 || rest[0] != '=' {
		return a, nil, errForm
	}
	rest = trimLeft(rest[1:])
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return a, nil, errForm
	}
	n := bytes.IndexByte(rest[1:], rest[0])
	if n < 0 {
		return a, nil, errForm
	}
	a.Value, err = attrValue(rest[1 : 1+n])
	return a, rest[2+n:], err
}

// readText reads text up to the next tag. Around the root it may only be white
// space.
func (r *Reader) readText() (met bool, err error) {
	n, err := r.stretch()
	if err != nil {
		return false, err
	}
	text, err := r.take(n)
	if err != nil {
		return false, err
	}
	r.Text, r.plain, err = plainText(text, r.plain)
	switch {
	case err != nil:
		return false, err
	case len(r.Open) > 0:
		return true, nil
	case r.Blank():
		return false, nil
	case r.rooted:
		return false, r.Refuse("text behind the end of the root element")
	}
	return false, r.Refuse("text before the first element: the file is no XML")
}
