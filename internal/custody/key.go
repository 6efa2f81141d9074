package custody

import (
	"fmt"
	"io"
	"log/slog"

	"fob/internal/fault"
)

// KeySize is the length of the store key and of the fingerprint key in bytes.
const KeySize = 32

const keyMask = "[key]"

// unprintable is embedded in all that holds a key: it prints as "[key]" under
// every verb, in JSON and in logs.
type unprintable struct{}

// Format prints the mask, whatever the verb.
func (unprintable) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, keyMask) }

// String prints the mask.
func (unprintable) String() string { return keyMask }

// MarshalText prints the mask, for JSON, XML and everything built on text.
func (unprintable) MarshalText() ([]byte, error) { return []byte(keyMask), nil }

// LogValue prints the mask.
func (unprintable) LogValue() slog.Value { return slog.StringValue(keyMask) }

// hidden holds a secret where fmt does not find it. In an unexported field of a
// foreign struct fmt calls no methods and prints what it sees. It follows one
// pointer there (under %s, as an error text; under %v none), never two.
type hidden[T any] struct{ at **T }

func hide[T any](secret T) hidden[T] {
	p := &secret
	return hidden[T]{&p}
}

// get is nil for a hidden that was never filled.
func (h hidden[T]) get() *T {
	if h.at == nil {
		return nil
	}
	return *h.at
}

// Key is a store key or a fingerprint key in the open: KeySize random bytes.
type Key struct {
	unprintable
	held hidden[[]byte]
}

// NewKey draws a key from random, which must be a cryptographic source. The
// error is of kind Internal: the source failed.
func NewKey(random io.Reader) (Key, error) {
	b := make([]byte, KeySize)
	if _, err := io.ReadFull(random, b); err != nil {
		return Key{}, fault.Wrap(fault.Internal, err, "no random bytes for a new key")
	}
	return holdKey(b), nil
}

// NewStoreKeys draws the two keys of a new store: the store key, which a
// rotation replaces, and the fingerprint key, which nothing does.
func NewStoreKeys(random io.Reader) (store, fingerprint Key, err error) {
	if store, err = NewKey(random); err != nil {
		return Key{}, Key{}, err
	}
	if fingerprint, err = NewKey(random); err != nil {
		store.Clear()
		return Key{}, Key{}, err
	}
	return store, fingerprint, nil
}

// holdKey takes ownership of b.
func holdKey(b []byte) Key { return Key{held: hide(b)} }

// bytes is nil for a key that was cleared or never drawn.
func (k Key) bytes() []byte {
	if held := k.held.get(); held != nil {
		return *held
	}
	return nil
}

// Clear overwrites the key with zeros and forgets it.
func (k Key) Clear() {
	if held := k.held.get(); held != nil {
		clear(*held)
		*held = nil
	}
}
