package otp

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"fob/internal/token"
)

// CodeError refuses the text of a code before any attempt is counted. It never
// repeats the code.
type CodeError struct {
	Reason Reason
	Msg    string
	Hint   string
}

// Error is the message without the hint.
func (e *CodeError) Error() string { return e.Msg }

// ParseCode brings a typed code into the form that Check takes: exactly digits
// ASCII digits, leading zeros kept. Spaces (ASCII, no-break, tab) and dashes
// (hyphen, en dash) are removed, since people group what they read aloud.
// Anything else is refused and named, never corrected: a letter O may be a
// zero, and it may be a code of something else.
//
// The error is a concrete type; compare it with nil before storing it in an
// error variable.
func ParseCode(text string, digits int) (string, *CodeError) {
	if !utf8.ValidString(text) {
		return "", notDigit("bytes that are no text")
	}
	code := strings.Map(dropSeparator, text)
	for _, r := range code {
		if r < '0' || r > '9' {
			return "", notDigit(nameRune(r)).orMaybe(r)
		}
	}
	if len(code) != digits {
		return "", wrongLength(len(code), digits)
	}
	return code, nil
}

func dropSeparator(r rune) rune {
	switch r {
	case ' ', '\t', '\u00a0', '-', '\u2013':
		return -1
	}
	return r
}

func wrongLength(got, want int) *CodeError {
	e := &CodeError{
		Reason: WrongLength,
		Msg:    fmt.Sprintf("the code has %s, this token's codes have %d", plural(int64(got), "digit"), want),
		Hint:   "type every digit that the token shows, zeros in front too",
	}
	if got != want && got >= token.MinDigits && got <= token.MaxDigits {
		e.Hint += fmt.Sprintf("; if it shows %d digits, its record was imported with the wrong number, which two codes in a row prove", got)
	}
	if got == 0 {
		e.Msg = fmt.Sprintf("the code is empty, this token's codes have %d digits", want)
	}
	return e
}

func notDigit(what string) *CodeError {
	return &CodeError{
		Reason: NotDigits,
		Msg:    "the code contains " + what,
		Hint:   "type the digits 0 to 9 that the token shows, nothing else",
	}
}

// orMaybe adds what a letter may have been taken for.
func (e *CodeError) orMaybe(r rune) *CodeError {
	switch r {
	case 'O', 'o':
		e.Hint = "tokens show digits only: is it the digit 0?"
	case 'l', 'I':
		e.Hint = "tokens show digits only: is it the digit 1?"
	}
	return e
}

// nameRune names a character without sending it raw to a terminal.
func nameRune(r rune) string {
	switch {
	case r < utf8.RuneSelf && unicode.IsLetter(r):
		return fmt.Sprintf("the letter %c", r)
	case r > ' ' && r < 0x7f:
		return fmt.Sprintf("%q", r)
	case unicode.IsDigit(r):
		return fmt.Sprintf("the character U+%04X, a digit of another script", r)
	}
	return fmt.Sprintf("the character U+%04X", r)
}
