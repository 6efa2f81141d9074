package xmlstream

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer gathers elements and writes them at once. It indents nothing: no reader
// needs it, and in a text white space would count. What a Reader would not read as
// it was is a fault, which Err keeps until what was gathered is forgotten.
type Writer struct {
	Err error // what was handed in and cannot be written

	to     io.Writer
	buf    []byte
	prefix string // of elements without one of their own, with its colon
}

// NewWriter writes to a writer. The prefix is that of elements without one of
// their own; empty: none.
func NewWriter(to io.Writer, prefix string) *Writer {
	if prefix != "" {
		prefix += ":"
	}
	return &Writer{to: to, prefix: prefix}
}

// Onto gathers behind what stands in a buffer, until Gathered hands it out; nothing
// is written.
func Onto(b []byte, prefix string) *Writer {
	x := NewWriter(nil, prefix)
	x.buf = b
	return x
}

// Gathered is what was gathered.
func (x *Writer) Gathered() []byte { return x.buf }

// Raw adds what is XML already. The buffer holds secrets: one that grows is
// overwritten.
func (x *Writer) Raw(text string) {
	x.room(len(text))
	x.buf = append(x.buf, text...)
}

func (x *Writer) room(n int) {
	if len(x.buf)+n <= cap(x.buf) {
		return
	}
	grown := append(make([]byte, 0, 2*cap(x.buf)+n), x.buf...)
	clear(x.buf)
	x.buf = grown
}

// name adds a name, the prefix before one that has none. A colon before a name stands
// for no namespace.
func (x *Writer) name(name string) {
	if name[0] == ':' {
		name = name[1:]
	} else if x.prefix != "" {
		before, _, colon := strings.Cut(name, ":")
		if !colon || strings.Contains(before, " ") { // of an attribute behind it
			x.buf = append(x.buf, x.prefix...)
		}
	}
	x.buf = append(x.buf, name...)
}

// Open begins an element; attrs are names and values in turn. Attributes without a
// value are left out: who needs one that is empty puts it into the name.
func (x *Writer) Open(name string, attrs ...string) {
	begin := len(x.buf)
	x.room(len(x.prefix) + len(name) + 2)
	x.buf = append(x.buf, '<')
	x.name(name)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			x.room(len(attrs[i]) + 3)
			x.buf = append(append(append(x.buf, ' '), attrs[i]...), `="`...)
			x.escape(attrs[i+1])
			x.Raw(`"`)
		}
	}
	x.Raw(">")
	x.bound(len(x.buf) - begin)
}

// Close ends an element.
func (x *Writer) Close(name string) {
	x.room(len(x.prefix) + len(name) + 3)
	x.buf = append(x.buf, "</"...)
	x.name(name)
	x.buf = append(x.buf, '>')
}

// Element writes an element with what is inside; nil: nothing.
func (x *Writer) Element(name string, inside func(), attrs ...string) {
	x.Open(name, attrs...)
	if inside != nil {
		inside()
	}
	x.Close(name)
}

// Text writes an element that holds a text, around which there is no white space.
func (x *Writer) Text(name, value string) {
	if value != strings.Trim(value, Spaces) {
		x.fail("the %s begins or ends with white space", name)
	}
	x.Open(name)
	begin := len(x.buf)
	x.escape(value)
	x.bound(len(x.buf) - begin)
	x.Close(name)
}

// Optional is Text, and nothing when there is none.
func (x *Writer) Optional(name, value string) {
	if value != "" {
		x.Text(name, value)
	}
}

// Base64 writes an element that holds bytes.
func (x *Writer) Base64(name string, value []byte) {
	x.Open(name)
	x.room(base64.StdEncoding.EncodedLen(len(value)))
	x.buf = base64.StdEncoding.AppendEncode(x.buf, value)
	x.Close(name)
}

// bound refuses what MaxToken would not let a Reader read.
func (x *Writer) bound(n int) {
	if n >= MaxToken {
		x.fail("a text has more than %d KiB", MaxToken>>10)
	}
}

func (x *Writer) fail(format string, args ...any) {
	if x.Err == nil {
		x.Err = fmt.Errorf(format, args...)
	}
}

// escapes are what stands for some characters, by their codes.
var escapes = [...]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&#34;", '\t': "&#9;", '\n': "&#10;", '\r': "&#13;"}

// isPlain are the bytes of most texts, which stand for themselves.
var isPlain = func() (plain [256]bool) {
	for c := ' '; c <= '~'; c++ {
		plain[c] = int(c) >= len(escapes) || escapes[c] == ""
	}
	return plain
}()

// escape writes a text so that it comes back as it is, line breaks included.
// What XML cannot hold is a fault: encoding/xml would replace it in silence.
func (x *Writer) escape(text string) {
	from := 0
	for from < len(text) && isPlain[text[from]] {
		from++
	}
	if x.Raw(text[:from]); from == len(text) {
		return
	}
	text, from = text[from:], 0
	for i, c := range text {
		if int(c) < len(escapes) && escapes[c] != "" {
			x.Raw(text[from:i])
			x.Raw(escapes[c])
			from = i + 1
		} else if !isChar(c) || c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			x.fail("a text holds a character that XML does not have")
		}
	}
	x.Raw(text[from:])
}

// Flush writes what was gathered and overwrites it.
func (x *Writer) Flush() error {
	_, err := x.to.Write(x.buf)
	x.Forget()
	return err
}

// Forget overwrites what was gathered.
func (x *Writer) Forget() {
	clear(x.buf)
	x.buf, x.Err = x.buf[:0], nil
}
