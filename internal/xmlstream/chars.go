package xmlstream

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
	out := appendLines(nil, value)
	for i, c := range out {
		if c == '\n' || c == '\t' {
			out[i] = ' '
		}
	}
	out, err := resolve(out)
	return string(out), err
}

// plainText is text with its references resolved and its line ends as XML has
// them, in place or in a buffer, which comes back.
func plainText(text, buf []byte) (plain, kept []byte, err error) {
	if simple(text) {
		return text, buf, nil
	}
	if err := checkChars(text); err != nil {
		return nil, buf, err
	}
	if bytes.Contains(text, []byte("]]>")) {
		return nil, buf, errForm
	}
	if bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text, buf, nil
	}
	buf = appendLines(buf[:0], text)
	plain, err = resolve(buf)
	return plain, buf, err
}

// resolve resolves references, in place: each is longer than what it stands for.
func resolve(text []byte) ([]byte, error) {
	out := text[:0]
	for {
		n := bytes.IndexByte(text, '&')
		if n < 0 {
			return append(out, text...), nil
		}
		r, size, err := reference(text[n:])
		if err != nil {
			return nil, err
		}
		out = utf8.AppendRune(append(out, text[:n]...), r)
		text = text[n+size:]
	}
}

// appendLines appends text with line ends as XML has them (section 2.11).
func appendLines(out, text []byte) []byte {
	for i, c := range text {
		switch {
		case c != '\r':
			out = append(out, c)
		case i+1 == len(text) || text[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out
}

// entities are those that need no declaration.
var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// reference reads what begins with &, and returns its length.
func reference(text []byte) (r rune, n int, err error) {
	const longest = len("&#x0010FFFF;") // with some zeros
	end := bytes.IndexByte(text[:min(len(text), longest)], ';')
	if end < 0 {
		return 0, 0, errEntity
	}
	name := string(text[1:end])
	if r, known := entities[name]; known {
		return r, end + 1, nil
	}
	digits, numeric := strings.CutPrefix(name, "#")
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	switch {
	case !numeric || err != nil || strings.HasPrefix(digits, "+"):
		return 0, 0, errEntity
	case code > unicode.MaxRune || !isChar(rune(code)):
		return 0, 0, errChar
	}
	return rune(code), end + 1, nil
}

// isSimple are the bytes of text that stand for themselves wherever they stand.
var isSimple = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = !strings.ContainsRune("&<]", c)
	}
	return is
}()

// simple reports whether there is nothing to do to a text, as with most.
func simple(text []byte) bool {
	for _, c := range text {
		if !isSimple[c] {
			return false
		}
	}
	return true
}

// checkChars refuses what is not UTF-8 and what XML has no place for (section
// 2.2).
func checkChars(text []byte) error {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if !isChar(rune(c)) {
				return errChar
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || !isChar(r) {
			return errChar
		}
		i += n
	}
	return nil
}

func isChar(r rune) bool {
	return r >= ' ' && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= unicode.MaxRune
}

// Spaces are XML's white space.
const Spaces = " \t\r\n"

func trimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// cutName cuts what may be a name off a text.
func cutName(text []byte) (name, rest []byte) {
	for i, c := range text {
		switch c {
		case ' ', '\n', '\r', '\t', '=', '/', '>', '<', '"', '\'', '&':
			return text[:i], text[i:]
		}
	}
	return text, nil
}

// qualified makes a name of its text, once. A prefix is in Space.
func (r *Reader) qualified(text []byte) (xml.Name, error) {
	if name, ok := r.names[string(text)]; ok {
		return name, nil
	}
	if !isName(text) {
		return xml.Name{}, errForm
	}
	whole := string(text)
	name := xml.Name{Local: whole}
	if prefix, local, ok := strings.Cut(whole, ":"); ok && prefix != "" && local != "" {
		name = xml.Name{Space: prefix, Local: local}
	}
	if len(r.names) < maxNames {
		r.names[whole] = name
	}
	return name, nil
}

// isName reports whether a text is a name: those of XML 1.0 section 2.3 that
// people write, all of which encoding/xml takes for names too.
func isName(text []byte) bool {
	for i, r := range string(text) {
		letter := r < utf8.RuneSelf && (unicode.IsLetter(r) || r == '_' || r == ':') || r >= utf8.RuneSelf && isOldLetter(r)
		if !letter && (i == 0 || r != '-' && r != '.' && (r < '0' || r > '9')) {
			return false
		}
	}
	return len(text) > 0
}

// isOldLetter knows the letters of Latin and Greek that XML 1.0 has had in names
// since its first edition.
func isOldLetter(r rune) bool {
	return r >= 0xC0 && r <= 0x131 && r != 0xD7 && r != 0xF7 || r >= 0x391 && r <= 0x3CE && unicode.IsLetter(r)
}
