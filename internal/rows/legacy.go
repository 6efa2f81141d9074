package rows

import (
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// legacyReader gives a text that is not UTF-8 as if it were, taking it for
// Windows-1252. A text is one or the other as a whole: until the first byte that
// UTF-8 cannot hold nothing is decided, and a text that has letters of both
// kinds gets a byte that is no character, for whoever checks the lines to find.
// So does a byte that Windows-1252 has no character for.
type legacyReader struct {
	src  io.Reader
	utf8 bool // a letter beyond ASCII was met that is right in UTF-8
	ansi bool // a byte was met that UTF-8 cannot hold
	in   []byte
	held int    // of in: what may go on in the next bytes
	buf  []byte // converted
	out  []byte // what of buf is not yet handed out
	err  error
}

// legacySize is how much is converted at a time.
const legacySize = 32 << 10

func (l *legacyReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(l.out) == 0 && l.err == nil {
		l.fetch()
	}
	if len(l.out) == 0 {
		return 0, l.err
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

func (l *legacyReader) fetch() {
	if l.in == nil {
		l.in = make([]byte, legacySize)
	}
	n, err := l.src.Read(l.in[l.held:])
	l.err = err
	text := l.in[:l.held+n]
	whole := len(text)
	if err == nil {
		whole -= unfinished(text)
	}
	if !l.ansi && utf8.Valid(text[:whole]) {
		l.utf8 = l.utf8 || utf8.RuneCount(text[:whole]) != whole
		l.buf = append(l.buf[:0], text[:whole]...)
	} else {
		l.convert(text[:whole])
	}
	l.held = copy(l.in, text[whole:])
	l.out = l.buf
}

// unfinished is the length of a character at the end of a text that the text
// does not complete.
func unfinished(text []byte) int {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax+1; i-- {
		switch {
		case !utf8.RuneStart(text[i]):
		case utf8.FullRune(text[i:]):
			return 0
		default:
			return len(text) - i
		}
	}
	return 0
}

func (l *legacyReader) convert(text []byte) {
	l.buf = l.buf[:0]
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < utf8.RuneSelf:
			l.buf = append(l.buf, byte(r))
		case r != utf8.RuneError || size > 1:
			l.utf8 = true
			l.append(r, l.ansi)
		default:
			l.ansi = true
			r = charmap.Windows1252.DecodeByte(text[0])
			l.append(r, l.utf8 || r == utf8.RuneError)
		}
		text = text[size:]
	}
}

func (l *legacyReader) append(r rune, wrong bool) {
	if wrong {
		l.buf = append(l.buf, notACharacter)
		return
	}
	l.buf = utf8.AppendRune(l.buf, r)
}
