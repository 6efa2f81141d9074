package trail

import (
	"bytes"
	"errors"
	"iter"
	"slices"

	"fob/internal/token"
)

// A trail may name ten million tokens, and what a fold keeps of them must have a
// bound. So it keeps tokens whose serials lie in a span. It begins with all of them;
// one that turns out to be too many is halved, and the trail is read again for each
// half. A trail that names a million tokens is mostly read once.

// MostKept is how many bytes a fold keeps of tokens; tests make it less.
var MostKept = 150 << 20

// span are the serials from one on, before another; no to: there is no end. All lives of
// a device lie in one span.
type span struct{ from, to string }

func (s span) has(key string) bool {
	key = device(key)
	return key >= s.from && (s.to == "" || key < s.to)
}

// spanOf has all lives of one device.
func spanOf(key string) span { return span{device(key), device(key) + "\x00"} }

func device(key string) string { return string(token.Serial(key).Device()) }

// errTooMany says that a span has more tokens than a fold keeps.
var errTooMany = errors.New("too many tokens for one fold")

// full is errTooMany once that is so.
func (f *Fold) full() error {
	if f.size() > MostKept && f.tokens.n > 1 && f.halves() != nil {
		return errTooMany
	}
	return nil
}

// halves divides the fold's span so that each half has as many of its devices; nil if
// there is but one.
func (f *Fold) halves() []span {
	keys := make([]string, 0, f.tokens.n)
	for t := range f.tokens.each() {
		keys = append(keys, device(f.get(t.serial)))
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) == 1 {
		return nil
	}
	middle := keys[len(keys)/2]
	return []span{{f.span.from, middle}, {middle, f.span.to}}
}

// tokenKey is what stands before the serial in an event about a token. No text that
// somebody typed can spell it: quotes inside a text are escaped.
var tokenKey = []byte(`,"object":{"kind":"token","id":"`)

// textField reads a text of an event's body without reading the rest; "" when it
// cannot.
func textField(body, key []byte) string {
	_, rest, found := bytes.Cut(body, key)
	value, _, ended := bytes.Cut(rest, []byte(`"`))
	if !found || !ended {
		return ""
	}
	return string(value)
}

// outside reports whether an event is about one token, and that is not in the span.
func (f *Fold) outside(body []byte) bool {
	serial := textField(body, tokenKey)
	return serial != "" && !f.span.has(token.Serial(serial).Key())
}

// within leaves out the events that are about tokens outside the fold's span.
func (f *Fold) within(trail iter.Seq2[Stored, error]) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for s, err := range trail {
			if (err != nil || !f.outside(s.Body)) && !yield(s, err) {
				return
			}
		}
	}
}
