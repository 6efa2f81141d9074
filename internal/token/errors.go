package token

import (
	"errors"
	"fmt"
)

// Kind classes an error by what the caller can do about it. The command line
// turns it into an exit code, a web page would turn it into a status.
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

// Error is an error with its kind and, where there is one, the next step. Msg
// starts in lower case, names the place and the cause, and never holds a seed.
type Error struct {
	Kind Kind
	Msg  string
	Hint string
	Err  error
}

// Error is the message, then the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithHint adds the next step that a person can take.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Errorf makes an error of a kind.
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of a kind around a cause.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...), Err: err}
}

// KindOf finds the kind of the outermost Error in a chain; Internal without one.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// HintOf gives the next step of the outermost Error in a chain that has one.
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}
