package rows

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Charset is how the characters of a text are written as bytes.
type Charset struct {
	Name string // "UTF-8", "UTF-16LE", "UTF-16BE"
	BOM  bool   // a byte order mark says so
}

// probe is how much of a text without a mark is looked at for UTF-16's zeros.
const probe = 512

// UTF8 gives the text of r in UTF-8 without a byte order mark, and how it was
// written. What is no character (half a pair of UTF-16, an odd last byte)
// becomes a byte that UTF-8 cannot hold, so that whoever checks the text finds
// it in its line.
func UTF8(r io.Reader) (io.Reader, Charset) {
	in := bufio.NewReader(r)
	head, _ := in.Peek(probe) // an error comes again with the first Read
	c, mark := charsetOf(head)
	_, _ = in.Discard(mark)
	if c.Name == "UTF-8" {
		return in, c
	}
	return &utf16Reader{src: in, big: c.Name == "UTF-16BE"}, c
}

// charsetOf judges a text by its first bytes and tells how many of them are the
// byte order mark.
func charsetOf(head []byte) (Charset, int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return Charset{"UTF-8", true}, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return Charset{"UTF-16LE", true}, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return Charset{"UTF-16BE", true}, 2
	}
	if even, odd := zeros(head); mostly(odd, len(head)) && even == 0 {
		return Charset{"UTF-16LE", false}, 0
	} else if mostly(even, len(head)) && odd == 0 {
		return Charset{"UTF-16BE", false}, 0
	}
	return Charset{"UTF-8", false}, 0
}

// zeros counts the zero bytes at even and at odd positions. In UTF-16 every
// letter of western text has one, always on the same side.
func zeros(b []byte) (even, odd int) {
	for i, c := range b {
		switch {
		case c != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	return even, odd
}

// mostly asks for zeros in at least three of four pairs: names of people may
// bring letters from beyond Latin-1, a stray NUL in UTF-8 is far from it.
func mostly(zeros, size int) bool { return size >= 4 && zeros*8 >= size*3 }

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	src  *bufio.Reader
	big  bool
	buf  []byte // converted
	out  []byte // what of buf is not yet handed out
	high rune   // first half of a pair, waiting for its second; 0: none
	err  error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.out) == 0 && u.err == nil {
		u.convert()
		u.out = u.buf
	}
	if len(u.out) == 0 {
		return 0, u.err
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// notACharacter cannot occur in UTF-8.
const notACharacter = 0xFF

// convert turns what the source has at hand into UTF-8.
func (u *utf16Reader) convert() {
	in, err := u.src.Peek(max(2, u.src.Buffered()))
	u.buf = u.buf[:0]
	for i := 0; i+1 < len(in); i += 2 {
		u.unit(rune(in[i]) | rune(in[i+1])<<8)
	}
	_, _ = u.src.Discard(len(in) &^ 1)
	if err == nil || len(in) > 1 {
		return
	}
	if len(in) == 1 || u.high != 0 { // the text ends within a character
		u.buf = append(u.buf, notACharacter)
	}
	u.err = err
}

// unit takes one 16-bit unit, read as little endian.
func (u *utf16Reader) unit(c rune) {
	if u.big {
		c = c>>8 | c&0xFF<<8
	}
	if u.high != 0 {
		pair := utf16.DecodeRune(u.high, c)
		u.high = 0
		if pair != utf8.RuneError {
			u.buf = utf8.AppendRune(u.buf, pair)
			return
		}
		u.buf = append(u.buf, notACharacter)
	}
	switch {
	case c >= 0xD800 && c < 0xDC00:
		u.high = c
	case utf16.IsSurrogate(c):
		u.buf = append(u.buf, notACharacter)
	default:
		u.buf = utf8.AppendRune(u.buf, c)
	}
}
