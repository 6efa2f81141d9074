// Package storetest holds what both engines of the store must do alike. Each engine
// runs Exercise in its tests; the helpers serve its own tests too.
package storetest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

// Open opens a new store that was founded with Founding; the test's end closes it.
type Open func(t testing.TB) *store.Store

// Exercise runs all tests on an engine.
func Exercise(t *testing.T, open Open) {
	for _, group := range []map[string]func(*testing.T, Open){loadTests, tokenTests, serialTests, clockTests, writingTests, peopleTests, sessionTests} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(t, open) })
		}
	}
}

var bg = context.Background()

// Began is when everything happens that has no other time, Someone who does it.
var (
	Began   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	Someone = token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}
)

// Founding is what the stores of tests begin with.
func Founding() store.Founding {
	id := uuid.New()
	return store.Founding{
		ID: id, Created: Began,
		Keys: store.Keys{CheckpointPub: "pub", Generation: 1, Wrapped: []byte("wrapped keys"), Statement: []byte("signed"),
			Keys:       []trail.KeyRow{{ID: 1, Purpose: store.KeySeed, Created: Began}, {ID: 2, Purpose: store.KeyFingerprint, Created: Began}},
			Custodians: []trail.CustodianRow{{Recipient: "age1one", Kind: "X25519", Added: Began}}},
		Event: Event(id, token.CmdInit),
	}
}

// Event is one about a store.
func Event(store uuid.UUID, by token.Command) *trail.Event {
	return &trail.Event{ID: uuid.New(), Time: trail.Time{Time: Began}, Store: store, Operator: Someone, Host: "desk",
		Command: by, Object: trail.Object{Kind: trail.KindStore, ID: store.String()}, Outcome: trail.Done}
}

// Reader reads all that there is to read, Tx writes all that there is to write.
type (
	Reader interface {
		desk.Reader
		intake.Reader
		people.Reader
		report.Reader
	}
	Tx interface {
		desk.Tx
		intake.Tx
		people.Tx
	}
)

// For is the store with all of its readers and transactions.
func For(s *store.Store) store.For[Reader, Tx] { return store.For[Reader, Tx]{Store: s} }

// Read runs fn on one state.
func Read(t testing.TB, s *store.Store, fn func(Reader) error) {
	t.Helper()
	Must(t, For(s).View(bg, fn))
}

// Write runs fn in a transaction.
func Write(s *store.Store, fn func(Tx) error) error { return For(s).Update(bg, fn) }

// Update runs fn in a transaction, which must not fail.
func Update(t testing.TB, s *store.Store, fn func(Tx) error) {
	t.Helper()
	Must(t, Write(s, fn))
}

// Must ends the test with an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// KindIs checks an error's kind and that its text holds all words.
func KindIs(t testing.TB, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("%q is of kind %d, not %d", err, got, kind)
	}
	text := err.Error() + "\n" + fault.HintOf(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

// NewBatch is what an import says of a batch.
func NewBatch(file string) token.Batch {
	return token.Batch{UUID: uuid.New(), File: file, SHA256: "sha-" + file, Format: "oath-csv", Options: "format=oath-csv",
		Imported: Began, By: Someone, Supplied: token.Supply{Location: "Bern"}}
}

// Row is a TOTP token; its fingerprint follows from its serial.
func Row(id int64, serial string) desk.Row {
	h := fnv.New64a()
	h.Write([]byte(serial))
	return desk.Row{Sealed: []byte("sealed " + serial), Facts: token.Facts{
		ID: id, Serial: token.Serial(serial), Profile: token.Profile{Manufacturer: "Acme", Model: "One",
			Params: token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}}, Fingerprint: int64(h.Sum64())}}
}

// Fill inserts tokens with their fingerprints into a new batch, which stays loading.
func Fill(q Tx, b token.Batch, serials ...string) (token.Batch, error) {
	b.Records = len(serials)
	b, err := q.CreateBatch(b, len(serials))
	if err != nil {
		return b, err
	}
	var rows []desk.Row
	for i, s := range serials {
		rows = append(rows, Row(b.FirstID+int64(i), s))
	}
	if err := q.InsertTokens(b, rows); err != nil {
		return b, err
	}
	return b, q.InsertFingerprints(fingerprints(rows))
}

func fingerprints(rows []desk.Row) (prints []desk.Fingerprint) {
	for _, r := range rows {
		prints = append(prints, desk.Fingerprint{Value: r.Fingerprint, TokenID: r.ID})
	}
	slices.SortFunc(prints, func(a, b desk.Fingerprint) int { return cmp.Compare(a.Value, b.Value) })
	return prints
}

// AddLoading adds a batch that is loading.
func AddLoading(t testing.TB, s *store.Store, b token.Batch, serials ...string) token.Batch {
	t.Helper()
	Update(t, s, func(q Tx) (err error) { b, err = Fill(q, b, serials...); return err })
	return b
}

// AddBatch adds a batch that is complete.
func AddBatch(t testing.TB, s *store.Store, b token.Batch, serials ...string) token.Batch {
	t.Helper()
	Update(t, s, func(q Tx) (err error) {
		if b, err = Fill(q, b, serials...); err != nil {
			return err
		}
		b.New = len(serials)
		b, err = q.CompleteBatch(b)
		return err
	})
	return b
}

// Numbered makes n serials.
func Numbered(prefix string, first, n int) (serials []string) {
	for i := range n {
		serials = append(serials, fmt.Sprintf("%s%07d", prefix, first+i))
	}
	return serials
}

// BindTo makes a token bound to an account.
func BindTo(t testing.TB, s *store.Store, serial token.Serial, account token.Account) token.Binding {
	t.Helper()
	b := newBinding(account)
	Update(t, s, func(q Tx) error {
		tok, err := q.Token(serial)
		b.TokenID = tok.ID
		Must(t, err)
		return bind(q, serial, b)
	})
	return b
}

func newBinding(account token.Account) token.Binding {
	return token.Binding{UUID: uuid.New(), Account: account, Opened: Began.Add(time.Hour), By: Someone, Codes: 1}
}

func bind(q Tx, serial token.Serial, b token.Binding) error {
	tok, err := q.Token(serial)
	if err != nil {
		return err
	}
	tok.State, tok.Account, tok.Since, tok.Issued = token.Bound, b.Account, b.Opened, true
	b.TokenID = tok.ID
	if err := q.SaveToken(tok); err != nil {
		return err
	}
	return q.OpenBinding(b)
}

// CountUp counts a token's failures up, with an event.
func CountUp(s *store.Store, serial token.Serial) error {
	return Write(s, func(tx Tx) error {
		t, err := tx.Token(serial)
		if err != nil {
			return err
		}
		t.Failures++
		if err := tx.SaveToken(t); err != nil {
			return err
		}
		return tx.Append(Event(s.ID(), token.CmdCheck))
	})
}
