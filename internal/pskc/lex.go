package pskc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"unicode/utf8"
)

// What is wrong inside a token, for the scanner to put in words. None repeats
// anything of the file.
var (
	errForm      = errors.New("not well-formed")
	errChar      = errors.New("a character that is none")
	errEntity    = errors.New("an entity")
	errTwice     = errors.New("an attribute twice")
	errMany      = errors.New("too many attributes")
	errDirective = errors.New("a declaration")
	errPI        = errors.New("a misspelt XML declaration")
)

// lexer takes XML 1.0 apart into tokens: elements with their attributes, and
// text. It is stricter than encoding/xml, and reads what both take alike, which a
// fuzz test holds it to; it takes a fifth of the time, because names are made
// once and text is not copied.
//
// What it leaves out of XML 1.0: DOCTYPE and all that could stand in one, hence
// entities but the five that need no declaration; encodings other than UTF-8.
type lexer struct {
	in    *window
	names map[string]xml.Name // what was met, prefixes in Space

	from  int      // where the token begins, in bytes of the file
	name  xml.Name // of the element that begins or ends
	attrs []xml.Attr
	empty bool   // the element ends where it begins
	text  []byte // valid until the next call
	plain []byte // text that had to be copied
}

// maxNames bounds the names that are kept: RFC 6030 has some seventy.
const maxNames = 512

// kind is what the lexer met.
type kind int

const (
	startTag kind = iota
	endTag
	charData
	comment
	declaration
)

// next reads a token; io.EOF at the end of the file.
func (l *lexer) next() (kind, error) {
	l.from = l.in.used
	if l.in.pos == l.in.end {
		if err := l.in.more(); err != nil {
			return 0, err
		}
	}
	if l.in.rest()[0] != '<' {
		n, err := l.in.text()
		if err != nil {
			return 0, err
		}
		return charData, l.readText(l.in.use(n))
	}
	if err := l.in.see(len("<![CDATA[")); err != nil {
		return 0, err
	}
	switch head := l.in.rest(); {
	case bytes.HasPrefix(head, []byte("</")):
		return endTag, l.readEnd()
	case bytes.HasPrefix(head, []byte("<!--")):
		return comment, l.readComment()
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		return charData, l.readCData()
	case bytes.HasPrefix(head, []byte("<!")):
		return 0, errDirective
	case bytes.HasPrefix(head, []byte("<?")):
		return l.readInstruction()
	}
	return startTag, l.readStart()
}

func (l *lexer) readStart() error {
	n, err := l.in.tag()
	if err != nil {
		return err
	}
	if n > MaxToken {
		return errTooMuch
	}
	tag := l.in.use(n)
	tag = tag[1 : len(tag)-1]
	if l.empty = bytes.HasSuffix(tag, []byte{'/'}); l.empty {
		tag = tag[:len(tag)-1]
	}
	name, rest := cutName(tag)
	if l.name, err = l.qualified(name); err != nil {
		return err
	}
	return l.readAttrs(rest)
}

func (l *lexer) readEnd() error {
	n, err := l.in.find(2, []byte{'>'})
	if err != nil {
		return err
	}
	tag := l.in.use(n)
	name, rest := cutName(tag[2 : n-1])
	if len(trimLeft(rest)) > 0 {
		return errForm
	}
	l.name, err = l.qualified(name)
	return err
}

func (l *lexer) readComment() error {
	n, err := l.in.find(len("<!--"), []byte("--"))
	if err != nil {
		return err
	}
	if err := l.in.see(n + 1); err != nil {
		return err
	}
	rest := l.in.rest()
	switch {
	case len(rest) == n:
		return errCut
	case rest[n] != '>':
		return errForm // -- stands at the end only
	case n > MaxToken:
		return errTooMuch
	}
	return l.check(l.in.use(n + 1))
}

func (l *lexer) readCData() error {
	n, err := l.in.find(len("<![CDATA["), []byte("]]>"))
	if err != nil {
		return err
	}
	if n > MaxToken {
		return errTooMuch
	}
	l.text = l.in.use(n)[len("<![CDATA[") : n-len("]]>")]
	if err := l.check(l.text); err != nil {
		return err
	}
	if bytes.IndexByte(l.text, '\r') >= 0 {
		l.plain = appendLines(l.plain[:0], l.text)
		l.text = l.plain
	}
	return nil
}

// readInstruction reads the XML declaration, whose parts look like attributes.
// Other instructions are for other programs (a browser's style sheet) and are
// passed over as comments are.
func (l *lexer) readInstruction() (kind, error) {
	n, err := l.in.find(2, []byte("?>"))
	if err != nil {
		return 0, err
	}
	if n > MaxToken {
		return 0, errTooMuch
	}
	inside := l.in.use(n)[2 : n-2]
	name, rest := cutName(inside)
	switch {
	case string(name) == "xml":
		return declaration, l.readAttrs(rest)
	case bytes.EqualFold(name, []byte("xml")):
		return 0, errPI
	}
	if _, err := l.qualified(name); err != nil {
		return 0, err
	}
	if len(rest) > 0 && len(trimLeft(rest)) == len(rest) {
		return 0, errForm
	}
	return comment, l.check(rest)
}

// readAttrs takes attributes apart, each with white space before it.
func (l *lexer) readAttrs(rest []byte) error {
	l.attrs = l.attrs[:0]
	for {
		after := trimLeft(rest)
		if len(after) == 0 {
			return nil
		}
		if len(after) == len(rest) {
			return errForm
		}
		if len(l.attrs) == MaxAttributes {
			return errMany
		}
		a, more, err := l.readAttr(after)
		if err != nil {
			return err
		}
		for _, b := range l.attrs {
			if a.Name == b.Name {
				return errTwice
			}
		}
		l.attrs, rest = append(l.attrs, a), more
	}
}

func (l *lexer) readAttr(in []byte) (a xml.Attr, rest []byte, err error) {
	name, rest := cutName(in)
	if a.Name, err = l.qualified(name); err != nil {
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
	value := rest[1 : 1+n]
	a.Value, err = attrValue(value)
	return a, rest[2+n:], err
}

// attrValue resolves references; line ends and tabs become blanks (XML 1.0
// section 3.3.3).
func attrValue(value []byte) (string, error) {
	if simple(value) {
		return string(value), nil
	}
	if bytes.IndexByte(value, '<') >= 0 {
		return "", errForm
	}
	if err := checkChars(value); err != nil {
		return "", err
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '&':
			r, n, err := reference(value[i:])
			if err != nil {
				return "", err
			}
			out, i = utf8.AppendRune(out, r), i+n
		case c == '\r' && i+1 < len(value) && value[i+1] == '\n':
			i++ // one blank for both
		case c == '\n' || c == '\r' || c == '\t':
			out, i = append(out, ' '), i+1
		default:
			out, i = append(out, c), i+1
		}
	}
	return string(out), nil
}

// readText resolves references in text.
func (l *lexer) readText(text []byte) error {
	if len(text) > MaxToken {
		return errTooMuch
	}
	l.text = text
	if simple(text) {
		return nil
	}
	if err := l.check(text); err != nil {
		return err
	}
	if bytes.Contains(text, []byte("]]>")) {
		return errForm
	}
	if bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return nil
	}
	out := l.plain[:0]
	for len(text) > 0 {
		n := bytes.IndexByte(text, '&')
		if n < 0 {
			n = len(text)
		}
		out = appendLines(out, text[:n])
		if text = text[n:]; len(text) == 0 {
			break
		}
		r, n, err := reference(text)
		if err != nil {
			return err
		}
		out, text = utf8.AppendRune(out, r), text[n:]
	}
	l.plain, l.text = out, out
	return nil
}
