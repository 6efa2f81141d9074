package rows

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// markup reads the XML of a sheet in a stream, without making anything of it that
// is not asked for: encoding/xml makes a dozen objects for each of a million cells
// and takes half the time of excelize's own iterator, this a tenth. It reads
// UTF-8, without document types, and holds every element to its end.
type markup struct {
	in *bufio.Reader

	kind  event
	name  []byte // of the element, without its prefix
	attrs []byte // of a start, as written
	text  []byte // without references

	open  []byte // names of the open elements, one behind the other
	sizes []int
	empty bool // the start was an end as well
	begun bool
	long  []byte // a tag or text that the reader's buffer is too small for
}

// event is what was met.
type event byte

const (
	startTag event = iota
	endTag
	someText
)

var errXML = errors.New("no well-formed XML")

func newMarkup(in io.Reader) *markup { return &markup{in: bufio.NewReaderSize(in, 32<<10)} }

// next goes on to the next event; io.EOF behind the last, when all elements ended.
func (m *markup) next() error {
	if m.empty {
		m.empty = false
		m.kind = endTag
		return m.pop(m.last())
	}
	for {
		text, err := m.until("<")
		if err == io.EOF {
			if len(bytes.TrimSpace(text)) > 0 || len(m.sizes) > 0 || !m.begun {
				return errXML
			}
			return io.EOF
		}
		if err != nil {
			return err
		}
		text = text[:len(text)-1]
		if !m.begun {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		switch {
		case len(m.sizes) == 0 && len(bytes.TrimSpace(text)) > 0:
			return errXML
		case len(m.sizes) > 0 && len(text) > 0:
			if err := m.in.UnreadByte(); err != nil {
				return errXML
			}
			return m.setText(text)
		}
		if met, err := m.tag(); met || err != nil {
			return err
		}
	}
}

// until reads to a mark, which it includes.
func (m *markup) until(mark string) ([]byte, error) {
	last := mark[len(mark)-1]
	part, err := m.in.ReadSlice(last)
	if err == nil && len(mark) == 1 {
		return part, nil
	}
	m.long = append(m.long[:0], part...)
	for err == bufio.ErrBufferFull || err == nil && !bytes.HasSuffix(m.long, []byte(mark)) {
		if len(m.long) > MaxMarkup {
			return nil, errXML
		}
		part, err = m.in.ReadSlice(last)
		m.long = append(m.long, part...)
	}
	return m.long, err
}

// tag reads what stands behind a <. It reports whether that was an event.
func (m *markup) tag() (met bool, err error) {
	head, err := m.in.Peek(1)
	if err != nil {
		return false, cutXML(err)
	}
	switch head[0] {
	case '?':
		return false, m.instruction()
	case '!':
		return m.declaration()
	}
	tag, err := m.until(">")
	for err == nil && openQuote(tag) { // a > in the value of an attribute
		held := bytes.Clone(tag)
		if tag, err = m.until(">"); len(held) > MaxMarkup {
			return false, errXML
		}
		m.long = append(held, tag...)
		tag = m.long
	}
	if err != nil {
		return false, cutXML(err)
	}
	tag = tag[:len(tag)-1]
	if !utf8.Valid(tag) {
		return false, errXML
	}
	if bytes.HasPrefix(tag, []byte("/")) {
		m.kind = endTag
		return true, m.pop(bytes.TrimRight(tag[1:], " \t\r\n"))
	}
	return true, m.start(tag)
}

func (m *markup) start(tag []byte) error {
	if m.begun && len(m.sizes) == 0 {
		return errXML // a second root
	}
	m.begun = true
	if m.empty = bytes.HasSuffix(tag, []byte("/")); m.empty {
		tag = tag[:len(tag)-1]
	}
	n := bytes.IndexAny(tag, " \t\r\n")
	if n < 0 {
		n = len(tag)
	}
	if !isName(tag[:n]) || len(m.sizes) == maxElements {
		return errXML
	}
	m.kind, m.attrs = startTag, tag[n:]
	m.open, m.sizes = append(m.open, tag[:n]...), append(m.sizes, n)
	m.name = local(tag[:n])
	return checkAttrs(m.attrs)
}

// maxElements bounds the nesting: worksheet/sheetData/row/c/is/r/rPr/color is
// deep, lists of extensions somewhat deeper.
const maxElements = 64

func (m *markup) last() []byte {
	if len(m.sizes) == 0 {
		return nil
	}
	return m.open[len(m.open)-m.sizes[len(m.sizes)-1]:]
}

// pop ends the innermost element, whose name it must be.
func (m *markup) pop(name []byte) error {
	last := m.last()
	if last == nil || !bytes.Equal(last, name) {
		return errXML
	}
	m.name = local(last)
	m.open, m.sizes = m.open[:len(m.open)-len(last)], m.sizes[:len(m.sizes)-1]
	return nil
}

// isName knows the names of elements, in western letters as sheets have them.
func isName(name []byte) bool {
	for i, c := range name {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '.' && c != ':') {
			return false
		}
	}
	at := bytes.IndexByte(name, ':')
	return len(name) > 0 && at != len(name)-1 && bytes.Count(name, []byte(":")) < 2
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// instruction passes over one, but for the declaration of another encoding.
func (m *markup) instruction() error {
	text, err := m.until("?>")
	if err != nil {
		return cutXML(err)
	}
	if bytes.HasPrefix(text, []byte("?xml ")) {
		lower := bytes.ToLower(text)
		if bytes.Contains(lower, []byte("encoding")) && !bytes.Contains(lower, []byte("utf-8")) {
			return errXML
		}
	}
	return nil
}

// declaration reads a comment or CDATA; a document type is refused.
func (m *markup) declaration() (met bool, err error) {
	head, _ := m.in.Peek(8) // what is too short is neither
	switch {
	case bytes.HasPrefix(head, []byte("!--")):
		_, _ = m.in.Discard(3)
		_, err = m.until("-->")
		return false, cutXML(err)
	case bytes.Equal(head, []byte("![CDATA[")) && len(m.sizes) > 0:
		_, _ = m.in.Discard(8)
		text, err := m.until("]]>")
		if err != nil {
			return false, cutXML(err)
		}
		m.kind = someText
		m.text = append(m.text[:0], text[:len(text)-3]...)
		return true, checkText(m.text)
	}
	return false, errXML
}

func cutXML(err error) error {
	if err == io.EOF {
		return errXML
	}
	return err
}

// setText takes the text between two tags.
func (m *markup) setText(text []byte) error {
	m.kind = someText
	if bytes.Contains(text, []byte("]]>")) {
		return errXML
	}
	var ok bool
	if m.text, ok = resolved(m.text[:0], text); !ok {
		return errXML
	}
	return checkText(m.text)
}

// checkText refuses what is no character of XML (section 2.2).
func checkText(text []byte) error {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			if !utf8.Valid(text[i:]) {
				return errXML
			}
			return checkControls(text[i:])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return errXML
		}
	}
	return nil
}

func checkControls(text []byte) error {
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return errXML
		}
	}
	return nil
}

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// resolved appends a text whose references are put in.
func resolved(out, text []byte) (all []byte, ok bool) {
	for {
		n := bytes.IndexByte(text, '&')
		if n < 0 {
			return append(out, text...), true
		}
		out, text = append(out, text[:n]...), text[n+1:]
		end := bytes.IndexByte(text, ';')
		if end < 1 || end > 10 {
			return out, false
		}
		name := string(text[:end])
		text = text[end+1:]
		if s, known := entities[name]; known {
			out = append(out, s...)
			continue
		}
		r, ok := reference(name)
		if !ok {
			return out, false
		}
		out = utf8.AppendRune(out, r)
	}
}

// reference reads #65 or #x41.
func reference(name string) (rune, bool) {
	base, digits := 10, ""
	switch {
	case len(name) > 2 && name[:2] == "#x":
		base, digits = 16, name[2:]
	case len(name) > 1 && name[0] == '#':
		digits = name[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	r := rune(n)
	return r, err == nil && utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r')
}

// openQuote reports whether a tag ends within the value of an attribute.
func openQuote(tag []byte) bool {
	var quote byte
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

// attr gives the value of an attribute, whatever its prefix; empty when there is
// none.
func (m *markup) attr(name string) string {
	for rest := m.attrs; ; {
		key, value, more, ok := cutAttr(rest)
		if !ok || key == nil {
			return ""
		}
		if string(local(key)) == name {
			text, _ := resolved(nil, value) // checked before
			return string(text)
		}
		rest = more
	}
}

// cutAttr takes the first attribute; key is nil behind the last.
func cutAttr(attrs []byte) (key, value, rest []byte, ok bool) {
	trimmed := bytes.TrimLeft(attrs, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, nil, nil, true
	}
	if len(trimmed) == len(attrs) {
		return nil, nil, nil, false // no blank in front
	}
	key, after, found := bytes.Cut(trimmed, []byte("="))
	key, after = bytes.TrimRight(key, " \t\r\n"), bytes.TrimLeft(after, " \t\r\n")
	if !found || len(key) == 0 || len(after) < 2 || after[0] != '"' && after[0] != '\'' {
		return nil, nil, nil, false
	}
	end := bytes.IndexByte(after[1:], after[0])
	if end < 0 {
		return nil, nil, nil, false
	}
	return key, after[1 : 1+end], after[2+end:], true
}

// checkAttrs refuses attributes that are written wrongly, or given twice.
func checkAttrs(attrs []byte) error {
	var seen [16][]byte
	for n := 0; ; n++ {
		key, value, rest, ok := cutAttr(attrs)
		if !ok || bytes.IndexByte(value, '<') >= 0 || bytes.ContainsAny(key, "<>\"'& \t\r\n/") {
			return errXML
		}
		if key == nil {
			return nil
		}
		if bytes.IndexByte(value, '&') >= 0 {
			if _, ok := resolved(nil, value); !ok {
				return errXML
			}
		}
		for i := range min(n, len(seen)) {
			if bytes.Equal(seen[i], key) {
				return errXML
			}
		}
		if n < len(seen) {
			seen[n] = key
		}
		attrs = rest
	}
}
