package fault

import (
	"errors"
	"slices"
	"strings"
)

// Kind classes an error by what the caller can do about it. The command line
// turns it into an exit code, a web page into a status.
type Kind int

// The kinds. Internal is everything that no caller caused: disk, database.
const (
	Internal    Kind = iota
	Usage            // the request itself is malformed
	Refused          // a file, records or rows in it, were refused
	CodeRefused      // the displayed code was not accepted
	NotFound         // no such token, account or batch
	NotAllowed       // state, policy or stored facts forbid it
	Locked           // too many failed attempts
	KeyTrouble       // key or passphrase missing or wrong
	Integrity        // stored facts contradict each other
	Interrupted      // the person or the system stopped it
)

// Error is an error with its kind and, if there is one, the next step. Msg
// starts in lower case, names the place and the cause, and never holds a seed.
type Error struct {
	Kind   Kind
	Msg    Text
	Advice Text // what a person can do next; empty if nobody knows
	Err    error
}

// Error is the message, then the cause, without a front end's words.
func (e *Error) Error() string { return e.In(Plain) }

// In is the message, then the cause, in a front end's words.
func (e *Error) In(w Wording) string {
	if e.Err == nil {
		return e.Msg.In(w)
	}
	return e.Msg.In(w) + ": " + MessageIn(e.Err, w)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithHint adds what a person can do next. Args may be a Remedy, a Field, a
// Setting or a Text: the front end puts them into its own words.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Advice = Textf(format, args...)
	return e
}

// Errorf makes an error of a kind. Args are as for WithHint.
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: Textf(format, args...)}
}

// Wrap makes an error of a kind around a cause.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: Textf(format, args...), Err: err}
}

// ErrUncertain is within the error of a change of which nobody knows whether it was
// stored: the answer of a server got lost for good.
var ErrUncertain = errors.New("it may have been stored")

// KindOf returns the kind of the outermost Error in a chain; Internal without one.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// HintOf is AdviceOf without a front end's words.
func HintOf(err error) string { return AdviceOf(err).String() }

// AdviceOf returns the next step of the outermost Error in a chain that has one.
func AdviceOf(err error) Text {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return Text{}
		}
		if !e.Advice.IsZero() {
			return e.Advice
		}
		err = e.Err
	}
	return Text{}
}

// MessageIn is what an error says, in a front end's words. Of errors that were
// joined each says its own, in one line.
func MessageIn(err error, w Wording) string {
	switch e := err.(type) {
	case interface{ In(Wording) string }:
		return e.In(w)
	case interface{ Unwrap() []error }:
		if joined := errors.Join(e.Unwrap()...); joined.Error() != err.Error() {
			break // it says more than its parts
		}
		var said []string
		for _, part := range e.Unwrap() {
			if text := MessageIn(part, w); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
		return strings.Join(said, "; ")
	}
	return err.Error()
}

// WithAdvice is WithHint for a Text that another error carried.
func (e *Error) WithAdvice(t Text) *Error {
	e.Advice = t
	return e
}
