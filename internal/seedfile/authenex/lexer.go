package authenex

import (
	"bufio"
	"bytes"
	"errors"
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
	ends   kind = iota // the file does
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
}

func newLexer(r io.Reader) *lexer {
	in, chars := rows.UTF8(r)
	return &lexer{in: bufio.NewReaderSize(in, maxWord), chars: chars, line: 1, fresh: true}
}

func (x *lexer) refuse(format string, args ...any) error {
	return fault.Errorf(fault.Refused, "line %d: "+format, append([]any{x.line}, args...)...).
		WithHint("fetch the delivery again, or ask the supplier for OATH CSV; fob runs no SQL")
}

// peekLine looks at the first line.
func (x *lexer) peekLine() ([]byte, error) {
	head, err := x.in.Peek(maxWord)
	if err != nil && err != io.EOF {
		return nil, err
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte("\r"))
	return line, nil
}

// dropLine passes over the first line.
func (x *lexer) dropLine() {
	line, _ := x.peekLine() // which was there a moment ago
	_, _ = x.in.Discard(len(line))
}

// back gives a lexeme back: next will give it again.
func (x *lexer) back(l lexeme) { x.ahead = &l }

// next gives the next word.
func (x *lexer) next() (lexeme, error) {
	if l := x.ahead; l != nil {
		x.ahead = nil
		return *l, nil
	}
	c, err := x.skip()
	if err == io.EOF {
		return lexeme{kind: ends, line: x.line}, nil
	}
	if err != nil {
		return lexeme{}, err
	}
	l := lexeme{line: x.line, first: x.fresh}
	x.fresh = false
	switch {
	case letter(c):
		l.kind = word
		l.text, err = x.run(c, func(c byte) bool { return letter(c) || digit(c) })
		if err == nil && len(l.text) == 1 && l.text[0]|0x20 == 'n' && x.peek() == '\'' {
			_, _ = x.in.ReadByte() // it is there
			l.kind = text
			l.text, err = x.quoted('\'')
		}
	case digit(c):
		l.kind = number
		l.text, err = x.run(c, digit)
		if after := x.peek(); err == nil && (letter(after) || after == '.') {
			err = x.refuse("a number that is not whole and decimal")
		}
	case c == '\'':
		l.kind = text
		l.text, err = x.quoted('\'')
	case c == '"' || c == '`':
		l.kind = quoted
		l.text, err = x.quoted(c)
	case c == '[':
		l.kind = quoted
		l.text, err = x.quoted(']')
	case bytes.IndexByte([]byte("(),;.=-+*@<>:!"), c) >= 0:
		l.kind, l.text = mark, []byte{c}
	default:
		err = x.refuse("a character that has no place in SQL")
	}
	return l, err
}

func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c >= utf8.RuneSelf
}
func digit(c byte) bool { return c >= '0' && c <= '9' }

// peek is the next byte; 0 at the end.
func (x *lexer) peek() byte {
	b, err := x.in.Peek(1)
	if err != nil {
		return 0
	}
	return b[0]
}

// skip passes over blanks and comments and gives the byte behind them.
func (x *lexer) skip() (byte, error) {
	for {
		c, err := x.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch {
		case c == '\n' || c == '\r' && x.peek() != '\n':
			x.line++
			x.fresh = true
		case c == ' ' || c == '\t' || c == '\r':
		case c == '-' && x.peek() == '-', c == '/' && x.peek() == '*':
			if err := x.comment(c); err != nil {
				return 0, err
			}
		default:
			return c, nil
		}
	}
}

// comment passes over a comment that has just begun. Databases do not agree on
// all of them.
func (x *lexer) comment(c byte) error {
	if x.strict {
		return x.refuse("a comment inside an INSERT, which databases read differently")
	}
	_, _ = x.in.ReadByte() // it was seen
	if x.peek() == '!' {
		return x.refuse("a comment that some databases run")
	}
	var before byte
	for {
		b, err := x.in.ReadByte()
		switch {
		case err == io.EOF && c == '-':
			return nil
		case err == io.EOF:
			return x.refuse("the file is cut off inside a comment")
		case err != nil:
			return err
		case c == '-' && (b == '\n' || b == '\r'):
			return x.in.UnreadByte()
		case c == '/' && before == '*' && b == '/':
			return nil
		case c == '/' && before == '/' && b == '*':
			return x.refuse("a comment inside a comment, which databases read differently")
		case b == '\n':
			x.line++
		}
		before = b
	}
}

// run reads a word or a number.
func (x *lexer) run(c byte, more func(byte) bool) ([]byte, error) {
	all := []byte{c}
	for {
		c, err := x.in.ReadByte()
		if err == io.EOF {
			return all, x.checkText(all)
		}
		if err != nil {
			return nil, err
		}
		if !more(c) {
			return all, errors.Join(x.in.UnreadByte(), x.checkText(all))
		}
		if all = append(all, c); len(all) > maxWord {
			return nil, x.refuse("a word of more than %d KiB", maxWord>>10)
		}
	}
}

// quoted reads up to a closing quote; two of them are one that belongs to the
// text.
func (x *lexer) quoted(end byte) ([]byte, error) {
	var all []byte
	for {
		c, err := x.in.ReadByte()
		switch {
		case err == io.EOF:
			return nil, x.refuse("the file is cut off inside quotes")
		case err != nil:
			return nil, err
		case c == end && x.peek() == end:
			_, _ = x.in.ReadByte() // it was seen
		case c == end:
			return all, x.checkText(all)
		case c == '\\':
			return nil, x.refuse("a backslash inside quotes, which databases read differently")
		case c < ' ' || c == 0x7f:
			return nil, x.refuse("a line end or control character inside quotes: is a quote missing?")
		}
		if all = append(all, c); len(all) > maxWord {
			return nil, x.refuse("a text of more than %d KiB", maxWord>>10)
		}
	}
}

func (x *lexer) checkText(b []byte) error {
	if !utf8.Valid(b) {
		return x.refuse("a text that is not valid %s", x.chars.Name)
	}
	return nil
}
