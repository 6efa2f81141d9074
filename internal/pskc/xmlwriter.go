package pskc

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"fob/internal/xmlstream"
)

// The prefixes of the other namespaces in what fob writes. PBKDF2's parameters
// have no namespace inside (RFC 6030 figure 7).
const xmlnsOfProtection = ` xmlns:ds="` + namespaceDS + `" xmlns:xenc="` + namespaceXenc +
	`" xmlns:xenc11="` + namespaceXenc11 + `" xmlns:pkcs5="` + namespacePKCS5 + `"`

// xmlWriter gathers elements and writes them at once. It indents nothing: no
// reader needs it, and in a text white space would count.
type xmlWriter struct {
	to     io.Writer
	buf    []byte
	prefix string // of PSKC's own elements, with its colon
	space  string // the declaration of PSKC's namespace
	fault  error  // what was handed in and cannot be written
}

func newXMLWriter(to io.Writer, prefix string) *xmlWriter {
	x := &xmlWriter{to: to, buf: make([]byte, 0, 8<<10), space: ` xmlns="` + Namespace + `"`}
	if prefix != "" {
		x.prefix, x.space = prefix+":", " xmlns:"+prefix+`="`+Namespace+`"`
	}
	return x
}

// raw adds what is XML already. The buffer holds secrets: one that grows is
// overwritten.
func (x *xmlWriter) raw(text string) {
	x.room(len(text))
	x.buf = append(x.buf, text...)
}

func (x *xmlWriter) room(n int) {
	if len(x.buf)+n <= cap(x.buf) {
		return
	}
	grown := append(make([]byte, 0, 2*cap(x.buf)+n), x.buf...)
	clear(x.buf)
	x.buf = grown
}

// root begins the container.
func (x *xmlWriter) root(xmlns string, attrs ...string) {
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + x.prefix + "KeyContainer" + x.space + xmlns)
	x.attributes(attrs)
	x.raw(">\n")
}

// name puts PSKC's prefix before a name that has none. A colon before a name
// stands for no namespace.
func (x *xmlWriter) name(name string) string {
	switch strings.IndexByte(name, ':') {
	case -1:
		return x.prefix + name
	case 0:
		return name[1:]
	}
	return name
}

// open begins an element; attrs are names and values in turn, of which the empty
// ones are left out, but for an Encoding, which the schema demands.
func (x *xmlWriter) open(name string, attrs ...string) {
	begin := len(x.buf)
	x.raw("<" + x.name(name))
	x.attributes(attrs)
	x.raw(">")
	x.bound(len(x.buf) - begin)
}

// empty writes an element that holds nothing.
func (x *xmlWriter) empty(name string, attrs ...string) { x.element(name, func() {}, attrs...) }

// element writes an element with what is inside.
func (x *xmlWriter) element(name string, inside func(), attrs ...string) {
	x.open(name, attrs...)
	inside()
	x.close(name)
}

func (x *xmlWriter) close(name string) {
	x.raw("</" + x.name(name) + ">")
	if name == "KeyPackage" || name == "KeyContainer" {
		x.raw("\n")
	}
}

func (x *xmlWriter) attributes(attrs []string) {
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] == "" && attrs[i] != "Encoding" && attrs[i] != "xmlns" {
			continue
		}
		x.raw(" " + attrs[i] + `="`)
		x.escape(attrs[i+1])
		x.raw(`"`)
	}
}

// bound refuses what xmlstream.MaxToken would not let a Decoder read.
func (x *xmlWriter) bound(n int) {
	if n >= xmlstream.MaxToken && x.fault == nil {
		x.fault = fmt.Errorf("a text has more than %d KiB", xmlstream.MaxToken>>10)
	}
}

// text writes an element that holds a text. A Decoder removes white space around
// it.
func (x *xmlWriter) text(name, value string) {
	if value != strings.Trim(value, xmlstream.Spaces) && x.fault == nil {
		x.fault = fmt.Errorf("the %s begins or ends with white space", name)
	}
	x.open(name)
	begin := len(x.buf)
	x.escape(value)
	x.bound(len(x.buf) - begin)
	x.close(name)
}

// optional is text, and nothing when there is none.
func (x *xmlWriter) optional(name, value string) {
	if value != "" {
		x.text(name, value)
	}
}

// base64 writes an element that holds bytes.
func (x *xmlWriter) base64(name string, value []byte) {
	x.open(name)
	n := base64.StdEncoding.EncodedLen(len(value))
	x.room(n)
	at := len(x.buf)
	x.buf = x.buf[:at+n]
	base64.StdEncoding.Encode(x.buf[at:], value)
	x.close(name)
}

// escape writes a text so that it comes back as it is, line breaks included.
// What XML cannot hold is a fault: encoding/xml would replace it in silence.
func (x *xmlWriter) escape(text string) {
	for i, c := range text {
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"),
			c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0xfffe, c == 0xffff:
			if x.fault == nil {
				x.fault = fmt.Errorf("a text holds a character that XML does not have")
			}
		case c == '&':
			x.raw("&amp;")
		case c == '<':
			x.raw("&lt;")
		case c == '>':
			x.raw("&gt;")
		case c == '"':
			x.raw("&#34;")
		case c < ' ':
			x.raw(fmt.Sprintf("&#%d;", c))
		default:
			x.raw(text[i : i+utf8.RuneLen(c)])
		}
	}
}

// flush writes what was gathered and overwrites it.
func (x *xmlWriter) flush() error {
	_, err := x.to.Write(x.buf)
	x.forget()
	return err
}

func (x *xmlWriter) forget() {
	clear(x.buf)
	x.buf, x.fault = x.buf[:0], nil
}
