package rows

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// Charset is how the characters of a text are written as bytes.
type Charset struct {
	Name string // "UTF-8", "UTF-16LE", "UTF-16BE"
	BOM  bool   // a byte order mark says so
}

// Notes are the remarks on how a text is written.
func (c Charset) Notes() []string {
	switch {
	case c.Name != "UTF-8":
		return []string{NoteUTF16}
	case c.BOM:
		return []string{NoteBOM}
	}
	return nil
}

// probe is how much of a text without a mark is looked at for UTF-16's zeros.
const probe = 512

// UTF8 is the text of r in UTF-8 without a byte order mark, and how it was
// written. What is no character (half a pair of UTF-16, an odd last byte)
// becomes a byte that UTF-8 cannot hold, so that a check of the text finds it in
// its line.
func UTF8(r io.Reader) (io.Reader, Charset) {
	in := bufio.NewReader(r)
	head, _ := in.Peek(probe) // an error comes again with the first Read
	c, mark := charsetOf(head)
	_, _ = in.Discard(mark)
	switch c.Name {
	case "UTF-16LE":
		return transform.NewReader(in, utf16Text{order: binary.LittleEndian}), c
	case "UTF-16BE":
		return transform.NewReader(in, utf16Text{order: binary.BigEndian}), c
	}
	return in, c
}

// charsetOf judges a text by its first bytes and tells how many of them are the
// byte order mark. In UTF-16 every letter of western text has a zero byte, always on
// the same side; of three pairs in four at least, for names of people may bring
// letters from beyond Latin-1, and a NUL that got into UTF-8 is far from it.
func charsetOf(head []byte) (Charset, int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return Charset{"UTF-8", true}, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return Charset{"UTF-16LE", true}, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return Charset{"UTF-16BE", true}, 2
	}
	var zeros [2]int // at even and at odd positions
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	mostly := func(zeros int) bool { return len(head) >= 4 && zeros*8 >= len(head)*3 }
	switch {
	case mostly(zeros[1]) && zeros[0] == 0:
		return Charset{"UTF-16LE", false}, 0
	case mostly(zeros[0]) && zeros[1] == 0:
		return Charset{"UTF-16BE", false}, 0
	}
	return Charset{"UTF-8", false}, 0
}

// notACharacter cannot occur in UTF-8.
const notACharacter = 0xFF

// utf16Text turns UTF-16 into UTF-8.
type utf16Text struct {
	transform.NopResetter
	order binary.ByteOrder
}

func (u utf16Text) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		switch {
		case nDst+utf8.UTFMax > len(dst):
			return nDst, nSrc, transform.ErrShortDst
		case len(rest) < 4 && !atEOF:
			return nDst, nSrc, transform.ErrShortSrc
		}
		c, size := rune(utf8.RuneError), min(2, len(rest))
		if len(rest) >= 2 {
			c = rune(u.order.Uint16(rest))
		}
		if utf16.IsSurrogate(c) && len(rest) >= 4 {
			if pair := utf16.DecodeRune(c, rune(u.order.Uint16(rest[2:]))); pair != utf8.RuneError {
				c, size = pair, 4
			}
		}
		if utf16.IsSurrogate(c) || len(rest) < 2 {
			dst[nDst] = notACharacter
			nDst++
		} else {
			nDst += utf8.EncodeRune(dst[nDst:], c)
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}

// legacyText takes a text that is not UTF-8 for Windows-1252. A text is one or the
// other as a whole: until the first byte that UTF-8 cannot hold nothing is decided,
// and a text that has letters of both kinds gets a byte that is no character, for
// a check of the lines to find. So does a byte that Windows-1252 has no
// character for.
type legacyText struct {
	transform.NopResetter
	utf8 bool // a letter beyond ASCII was met that is right in UTF-8
	ansi bool // a byte was met that UTF-8 cannot hold
}

func (l *legacyText) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if n := min(len(src), len(dst)); !l.ansi && utf8.Valid(src[:n]) { // as nearly always
		l.utf8 = l.utf8 || utf8.RuneCount(src[:n]) != n
		if copy(dst, src[:n]); n < len(src) {
			err = transform.ErrShortDst
		}
		return n, n, err
	}
	for nSrc < len(src) {
		rest := src[nSrc:]
		switch {
		case nDst+utf8.UTFMax > len(dst):
			return nDst, nSrc, transform.ErrShortDst
		case !atEOF && !utf8.FullRune(rest):
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(rest)
		wrong := false
		switch {
		case r < utf8.RuneSelf:
		case r != utf8.RuneError || size > 1:
			l.utf8, wrong = true, l.ansi
		default:
			l.ansi = true
			r = charmap.Windows1252.DecodeByte(rest[0])
			wrong = l.utf8 || r == utf8.RuneError
		}
		if wrong {
			dst[nDst] = notACharacter
			nDst++
		} else {
			nDst += utf8.EncodeRune(dst[nDst:], r)
		}
		nSrc += size
	}
	return nDst, nSrc, nil
}
