package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// TestMain runs one of the children when this binary was started as one.
func TestMain(m *testing.M) {
	if run := children[os.Getenv(childVar)]; run != nil {
		if err := run(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var (
	bg      = context.Background()
	began   = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	someone = token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}
)

func founding() Founding {
	id := uuid.New()
	return Founding{
		ID: id, Created: began, CheckpointPub: "pub",
		Keys:       []Key{{1, KeySeed, []byte("wrapped seed key")}, {2, KeyFingerprint, []byte("wrapped fingerprint key")}},
		Custodians: []Custodian{{"age1one", "X25519", began}},
		Event:      testEvent(id, token.CmdInit),
	}
}

func testEvent(store uuid.UUID, by token.Command) *trail.Event {
	return &trail.Event{ID: uuid.New(), Time: trail.Time{Time: began}, Store: store, Operator: someone, Host: "desk",
		Command: by, Object: trail.Object{Kind: trail.KindStore, ID: store.String()}, Outcome: trail.Done}
}

// newPath makes a store and gives its path; nothing has it open.
func newPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fob.db")
	must(t, Create(bg, path, founding()))
	return path
}

func newStore(t testing.TB) *Store {
	t.Helper()
	return openStore(t, newPath(t))
}

func openStore(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(bg, path)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kindIs checks an error's kind and that its text holds all words.
func kindIs(t testing.TB, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("%q is of kind %d, not %d", err, got, kind)
	}
	text := err.Error() + "\n" + fault.HintOf(err)
	for _, w := range words {
		if !bytes.Contains([]byte(text), []byte(w)) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

func (s *Store) mustUpdate(t testing.TB, fn func(*queries) error) {
	t.Helper()
	must(t, s.update(bg, fn))
}

func (s *Store) mustRead(t testing.TB, fn func(*queries) error) {
	t.Helper()
	must(t, s.snapshot(bg, fn))
}

// number runs a query that gives one number.
func (s *Store) number(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	s.mustRead(t, func(q *queries) error { return q.row(query, args...).Scan(&n) })
	return n
}

func newBatch(file string) token.Batch {
	return token.Batch{UUID: uuid.New(), File: file, SHA256: "sha-" + file, Format: "oath-csv", Options: "format=oath-csv",
		Imported: began, By: someone, Supplied: token.Supply{Location: "Bern"}}
}

// row is a TOTP token; its fingerprint follows from its serial.
func row(id int64, serial string) desk.Row {
	h := fnv.New64a()
	h.Write([]byte(serial))
	return desk.Row{Sealed: []byte("sealed " + serial), Facts: token.Facts{
		ID: id, Serial: token.Serial(serial), Profile: token.Profile{Manufacturer: "Acme", Model: "One",
			Params: token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}}, Fingerprint: int64(h.Sum64())}}
}

// fill inserts tokens with their prints into a new batch, which stays loading.
func fill(q *queries, b token.Batch, serials ...string) (token.Batch, error) {
	b.Records = len(serials)
	b, err := q.CreateBatch(b, len(serials))
	if err != nil {
		return b, err
	}
	var rows []desk.Row
	for i, s := range serials {
		rows = append(rows, row(b.FirstID+int64(i), s))
	}
	if err := q.InsertTokens(b, rows); err != nil {
		return b, err
	}
	return b, q.InsertPrints(printsOf(rows))
}

func printsOf(rows []desk.Row) (prints []desk.Print) {
	for _, r := range rows {
		prints = append(prints, desk.Print{Print: r.Fingerprint, TokenID: r.ID})
	}
	slices.SortFunc(prints, func(a, b desk.Print) int { return cmp.Compare(a.Print, b.Print) })
	return prints
}

func addLoading(t testing.TB, s *Store, b token.Batch, serials ...string) token.Batch {
	t.Helper()
	s.mustUpdate(t, func(q *queries) (err error) { b, err = fill(q, b, serials...); return err })
	return b
}

func addBatch(t testing.TB, s *Store, b token.Batch, serials ...string) token.Batch {
	t.Helper()
	s.mustUpdate(t, func(q *queries) (err error) {
		if b, err = fill(q, b, serials...); err != nil {
			return err
		}
		b.New = len(serials)
		b, err = q.CompleteBatch(b)
		return err
	})
	return b
}

func numbered(prefix string, first, n int) (serials []string) {
	for i := range n {
		serials = append(serials, fmt.Sprintf("%s%07d", prefix, first+i))
	}
	return serials
}

// bindTo makes a token bound to an account.
func bindTo(t testing.TB, s *Store, serial token.Serial, account token.Account) token.Binding {
	t.Helper()
	b := token.Binding{UUID: uuid.New(), Account: account, Opened: began.Add(time.Hour), By: someone, Codes: 1}
	s.mustUpdate(t, func(q *queries) error {
		tok, err := q.Token(serial)
		if err != nil {
			return err
		}
		tok.State, tok.Account, tok.Since, tok.Issued = token.Bound, account, b.Opened, true
		b.TokenID = tok.ID
		if err := q.SaveToken(tok); err != nil {
			return err
		}
		return q.OpenBinding(b)
	})
	return b
}

// direct opens the database behind fob's back, as a vandal or another program
// would.
func direct(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func vandalise(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := direct(t, path)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	must(t, db.Close())
}

// amiss is what the tables say against each other.
func amiss(t testing.TB, q *queries) []string {
	t.Helper()
	v := newVerifier([]*queries{q, newQueries(q.ctx, q.tx, q.id), newQueries(q.ctx, q.tx, q.id), newQueries(q.ctx, q.tx, q.id)})
	var all []string
	for row, err := range v.TokenRows() {
		must(t, err)
		if row.Amiss != "" {
			all = append(all, string(row.Serial)+": "+row.Amiss)
		}
	}
	found, err := v.Contradictions()
	must(t, err)
	return append(all, found...)
}
