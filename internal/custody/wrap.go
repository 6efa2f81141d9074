package custody

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"fob/internal/fault"
)

// Wrapped are the keys of a store, encrypted to every custodian's recipient: a
// binary age file, as the store keeps it. It is not secret. All keys are in one
// file, so that one passphrase, PIN or touch opens them.
type Wrapped []byte

// Wrap encrypts keys to the recipients; any one of their identities opens them.
// The Prompter is for plugins and may be nil. Errors: Usage without recipients,
// NotAllowed for post-quantum recipients mixed with others, KeyTrouble when a
// plugin is missing or fails.
func Wrap(keys []Key, to []Recipient, p Prompter) (Wrapped, error) {
	for _, key := range keys {
		if len(key.bytes()) != KeySize {
			return nil, fault.Errorf(fault.Internal, "a key of %d bytes cannot be wrapped", len(key.bytes()))
		}
	}
	if err := checkMixture(to); err != nil {
		return nil, err
	}
	ask := &asker{p: p}
	var failed *watchedRecipient
	var recipients []age.Recipient
	for _, r := range to {
		opened, err := r.open(ask)
		if err != nil {
			return nil, damagedRecipient(r.Text)
		}
		recipients = append(recipients, &watchedRecipient{opened, r, &failed})
	}
	w, err := encrypt(keys, recipients)
	if err != nil {
		return nil, wrapError(err, ask, failed)
	}
	return w, nil
}

func checkMixture(to []Recipient) error {
	if len(to) == 0 {
		return fault.Errorf(fault.Usage, "a store key without a recipient could never be opened").
			WithHint("name one or more with %s", fault.Recipient)
	}
	var first *Recipient
	for i, r := range to {
		switch {
		case r.isPlugin(): // only the plugin knows; age asks it
		case first == nil:
			first = &to[i]
		case r.PostQuantum() != first.PostQuantum():
			return fault.Errorf(fault.NotAllowed, "post-quantum recipients cannot be mixed with others: %s is %s, %s is %s",
				shorten(first.Text), first.Kind, shorten(r.Text), r.Kind).
				WithHint("the weakest recipient decides: make all of them age1pq1…, the first one with %s, or none", fault.Only)
		}
	}
	return nil
}

func encrypt(keys []Key, to []age.Recipient) (Wrapped, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if _, err := w.Write(key.bytes()); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// watchedRecipient remembers which recipient failed: the age library counts
// them, from 0.
type watchedRecipient struct {
	age.Recipient
	is     Recipient
	failed **watchedRecipient
}

// WrapWithLabels is what age.Encrypt calls.
func (r *watchedRecipient) WrapWithLabels(fileKey []byte) (s []*age.Stanza, labels []string, err error) {
	if labelled, ok := r.Recipient.(age.RecipientWithLabels); ok {
		s, labels, err = labelled.WrapWithLabels(fileKey)
	} else {
		s, err = r.Recipient.Wrap(fileKey)
	}
	if err != nil {
		*r.failed = r
	}
	return s, labels, err
}

func wrapError(err error, ask *asker, failed *watchedRecipient) error {
	if ask.failed != nil {
		return ask.failed
	}
	if failed == nil { // labels that only a plugin knew of
		return fault.Errorf(fault.KeyTrouble, "the key cannot be wrapped to these recipients together: %s", printable(err.Error())).
			WithHint("post-quantum recipients cannot be mixed with others; make all of them so or none")
	}
	if missing := missingPlugin(err); missing != nil {
		return missing
	}
	return fault.Errorf(fault.KeyTrouble, "the key cannot be wrapped to the recipient %s: %s",
		shorten(failed.is.Text), printable(err.Error())).
		WithHint("if its hardware is in place, try the plugin by itself: age -r RECIPIENT")
}

func missingPlugin(err error) error {
	var missing *plugin.NotFoundError
	if !errors.As(err, &missing) {
		return nil
	}
	program := pluginProgram(printable(missing.Name))
	return fault.Errorf(fault.KeyTrouble, "%s is not installed", program).
		WithHint("install %s and see that it is in the PATH of this user", program)
}

// Unwrap opens n wrapped keys with the first identity that can; the caller
// clears them. Errors: KeyTrouble when none opens them, a plugin is missing or
// a passphrase wrong; Integrity when what is wrapped is damaged.
func Unwrap(w Wrapped, n int, ids *Identities) ([]Key, error) {
	if _, err := age.ExtractHeader(bytes.NewReader(w)); err != nil {
		return nil, damagedWrap("its header cannot be read")
	}
	// The age library does not say whose fault an error is: an identity's that
	// asks (its plugin missing, its passphrase wrong) or the file's.
	var met error
	watched := make([]age.Identity, 0, len(ids.held.list))
	for _, id := range ids.held.list {
		watched = append(watched, &watchedIdentity{id, &met})
	}
	ids.held.ask.failed = nil
	r, err := age.Decrypt(bytes.NewReader(w), watched...)
	if err != nil {
		return nil, unwrapError(err, met, ids.held)
	}
	return readKeys(r, n)
}

type watchedIdentity struct {
	age.Identity
	met *error
}

// Unwrap is what age.Decrypt calls.
func (i *watchedIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	fileKey, err := i.Identity.Unwrap(stanzas)
	if err != nil && asks(i.Identity) && !errors.Is(err, age.ErrIncorrectIdentity) {
		*i.met = err
	}
	return fileKey, err
}

func unwrapError(err, met error, ids *heldIdentities) error {
	var none *age.NoIdentityMatchError
	switch {
	case ids.ask.failed != nil:
		return ids.ask.failed
	case errors.As(err, &none):
		return fault.Errorf(fault.KeyTrouble, "the identity file %s does not open this store", ids.from).
			WithHint("name another with %s; %s shows the store's custodians", anotherIdentity, fault.Do("key list"))
	case met == nil:
		return damagedWrap("its authentication failed")
	}
	if missing := missingPlugin(met); missing != nil {
		return missing
	}
	return fault.Errorf(fault.KeyTrouble, "an identity in %s failed: %s", ids.from, printable(met.Error())).
		WithHint("was its passphrase or PIN right, is its hardware in place?")
}

// readKeys takes the keys out of a decrypted file: exactly KeySize bytes each.
func readKeys(r io.Reader, n int) (keys []Key, err error) {
	buf := make([]byte, n*KeySize+1)
	defer clear(buf)
	if read, err := readWhole(r, buf); read != n*KeySize || err != nil {
		return nil, damagedWrap(fmt.Sprintf("what it holds is not %d keys of 32 bytes", n))
	}
	for i := range n {
		keys = append(keys, holdKey(bytes.Clone(buf[i*KeySize:(i+1)*KeySize])))
	}
	return keys, nil
}

var errLong = errors.New("longer than expected")

// readWhole reads to the end, which must come before buf is full: nothing is
// grown, since growing leaves copies of secrets behind. io.ReadFull cannot tell
// the end of a file from age's word for a file that was cut.
func readWhole(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, errLong
}

func damagedWrap(why string) error {
	return fault.Errorf(fault.Integrity, "the wrapped keys in the database are damaged: %s", why).
		WithHint("restore the database from a backup; no identity can repair this")
}
