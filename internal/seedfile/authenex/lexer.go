package authenex

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"fob/internal/fault"
	"fob/internal/rows"
)

// Limits, each with its reason.
const (
	// maxWord bounds one text, word or comment in bytes: a seed of 128 bytes in hex
	// has 256.
	maxWord = 16 << 10
	// maxColumns bounds the values of a row: the table has a dozen columns.
	maxColumns = 64
)

// kind is what a lexer met.
type kind int

const (
	ends   kind = iota // the file does, or the lexer's err says why nothing more is read
	word               // a keyword or a name
	quoted             // a name in "", [] or ``
	text               // in ''
	number
	mark // a single character: ( ) , ; .
)

// lexeme is one word of SQL. Its text is the caller's.
type lexeme struct {
	kind  kind
	text  []byte
	line  int  // from 1
	first bool // nothing but blanks stands before it in its line
}

func (l lexeme) is(c byte) bool { return l.kind == mark && l.text[0] == c }

// says reports whether it is a keyword, in any case.
func (l lexeme) says(keyword string) bool {
	return l.kind == word && bytes.EqualFold(l.text, []byte(keyword))
}

// lexer cuts SQL into its words.
type lexer struct {
	in     *bufio.Reader
	chars  rows.Charset
	line   int
	fresh  bool // nothing but blanks stood in this line so far
	strict bool // no comments: inside a statement that is read
	ahead  *lexeme
	err    error // what ended the reading, but for the end of the file
}

func newLexer(r io.Reader) *lexer {
	in, chars := rows.UTF8(r)
	return &lexer{in: bufio.NewReaderSize(in, maxWord), chars: chars, line: 1, fresh: true}
}

// refuse ends the reading. The first error stays.
func (x *lexer) refuse(format string, args ...any) error {
	if x.err == nil {
		x.err = fault.Errorf(fault.Refused, "line %d: "+format, append([]any{x.line}, args...)...).
			WithHint("fetch the delivery again, or ask the supplier for OATH CSV; fob runs no SQL")
	}
	return x.err
}

// firstLine looks at the first line.
func (x *lexer) firstLine() ([]byte, error) {
	head, err := x.in.Peek(maxWord)
	if err != nil && err != io.EOF {
		return nil, err
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte("\r"))
	return line, nil
}

// back takes a lexeme back, which next returns again.
func (x *lexer) back(l lexeme) { x.ahead = &l }

// next returns the next word.
func (x *lexer) next() lexeme {
	if l := x.ahead; l != nil {
		x.ahead = nil
		return *l
	}
	c, ok := x.skip()
	l := lexeme{line: x.line, first: x.fresh}
	x.fresh = false
	switch {
	case !ok:
	case letter(c):
		l.kind, l.text = word, x.run(c, func(c byte) bool { return letter(c) || digit(c) })
		if len(l.text) == 1 && c|0x20 == 'n' && x.peek() == '\'' {
			x.read()
			l.kind, l.text = text, x.quoted('\'')
		}
	case digit(c):
		l.kind, l.text = number, x.run(c, digit)
		if after := x.peek(); letter(after) || after == '.' {
			_ = x.refuse("a number that is not whole and decimal")
		}
	case c == '\'':
		l.kind, l.text = text, x.quoted(c)
	case c == '"' || c == '`':
		l.kind, l.text = quoted, x.quoted(c)
	case c == '[':
		l.kind, l.text = quoted, x.quoted(']')
	case bytes.IndexByte([]byte("(),;.=-+*@<>:!"), c) >= 0:
		l.kind, l.text = mark, []byte{c}
	default:
		_ = x.refuse("a character that has no place in SQL")
	}
	if !utf8.Valid(l.text) {
		_ = x.refuse("a text that is not valid %s", x.chars.Name)
	}
	if x.err != nil {
		clear(l.text)
		l = lexeme{line: x.line}
	}
	return l
}

func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c >= utf8.RuneSelf
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

// read reads a byte; not ok at the end of the file or after an error.
func (x *lexer) read() (c byte, ok bool) {
	c, err := x.in.ReadByte()
	if err != nil && err != io.EOF && x.err == nil {
		x.err = err
	}
	return c, err == nil && x.err == nil
}

// peek is the next byte; 0 at the end.
func (x *lexer) peek() byte {
	b, err := x.in.Peek(1)
	if err != nil {
		return 0
	}
	return b[0]
}

// skip passes over blanks and comments and returns the byte behind them.
func (x *lexer) skip() (c byte, ok bool) {
	for {
		c, ok = x.read()
		switch {
		case !ok:
			return 0, false
		case c == '\n' || c == '\r' && x.peek() != '\n':
			x.line++
			x.fresh = true
		case c == ' ' || c == '\t' || c == '\r':
		case c == '-' && x.peek() == '-', c == '/' && x.peek() == '*':
			x.comment(c)
		default:
			return c, true
		}
	}
}

// comment passes over a comment that has just begun. Databases do not agree on
// all of them.
func (x *lexer) comment(c byte) {
	x.read()
	switch {
	case x.strict:
		_ = x.refuse("a comment inside an INSERT, which databases read differently")
	case x.peek() == '!':
		_ = x.refuse("a comment that some databases run")
	}
	for before := byte(0); ; {
		b, ok := x.read()
		switch {
		case !ok && c == '-':
			return
		case !ok:
			_ = x.refuse("the file is cut off inside a comment")
			return
		case c == '-' && (b == '\n' || b == '\r'):
			_ = x.in.UnreadByte() // it was just read
			return
		case c == '/' && before == '*' && b == '/':
			return
		case c == '/' && before == '/' && b == '*':
			_ = x.refuse("a comment inside a comment, which databases read differently")
		case b == '\n':
			x.line++
		}
		before = b
	}
}

// run reads a word or a number.
func (x *lexer) run(c byte, more func(byte) bool) []byte {
	all := []byte{c}
	for len(all) <= maxWord {
		c, ok := x.read()
		if !ok {
			return all
		}
		if !more(c) {
			_ = x.in.UnreadByte() // it was just read
			return all
		}
		all = append(all, c)
	}
	_ = x.refuse("a word of more than %d KiB", maxWord>>10)
	return all
}

// quoted reads up to a closing quote; two of them are one that belongs to the
// text.
func (x *lexer) quoted(end byte) (all []byte) {
	for len(all) <= maxWord {
		c, ok := x.read()
		switch {
		case !ok:
			_ = x.refuse("the file is cut off inside quotes")
			return all
		case c == end && x.peek() == end:
			x.read()
		case c == end:
			return all
		case c == '\\':
			_ = x.refuse("a backslash inside quotes, which databases read differently")
		case c < ' ' || c == 0x7f:
			_ = x.refuse("a line end or control character inside quotes: is a quote missing?")
		}
		all = append(all, c)
	}
	_ = x.refuse("a text of more than %d KiB", maxWord>>10)
	return all
}
