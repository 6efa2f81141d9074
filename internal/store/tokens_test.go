package store

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// newVaried is a store with two batches of tokens that differ in every field
// that a filter looks at.
func newVaried(t *testing.T) *Store {
	t.Helper()
	s := newStore(t)
	must(t, s.update(bg, func(q *queries) error {
		b, err := q.CreateBatch(newBatch("a"), 4)
		must(t, err)
		rows := []desk.Row{row(b.FirstID, "a1"), row(b.FirstID+1, "A2"), row(b.FirstID+2, "B1"), row(b.FirstID+3, "C%1")}
		rows[1].Manufacturer, rows[1].NotAfter = "MÜLLER AG", time.Unix(2_000_000_000, 0)
		rows[2].Type, rows[2].Period, rows[2].Counter, rows[2].NotAfter = token.HOTP, 0, 7, time.Unix(1_900_000_000, 0)
		must(t, q.InsertTokens(b, rows))
		_, err = q.CompleteBatch(b)
		return err
	}))
	other := newBatch("b")
	other.Supplied.Location = "Genf"
	addBatch(t, s, other, "A3", "D1")
	bindTo(t, s, "a1", "Anna@Example.com")
	bindTo(t, s, "D1", "bert")
	return s
}

func TestFilters(t *testing.T) {
	s := newVaried(t)
	for _, c := range []struct {
		f    report.Filter
		want string
	}{
		{report.Filter{}, "a1 A2 A3 B1 C%1 D1"},
		{report.Filter{State: token.Bound}, "a1 D1"},
		{report.Filter{State: token.InStock}, "A2 A3 B1 C%1"},
		{report.Filter{State: token.Lost}, ""},
		{report.Filter{Account: "ANNA@example.COM"}, "a1"},
		{report.Filter{Account: "nobody"}, ""},
		{report.Filter{Batch: 1}, "a1 A2 B1 C%1"},
		{report.Filter{Batch: 2}, "A3 D1"},
		{report.Filter{Batch: 3}, ""},
		{report.Filter{Location: "Genf"}, "A3 D1"},
		{report.Filter{Location: "genf"}, "A3 D1"},
		{report.Filter{Location: "Genf/Safe 1"}, ""},
		{report.Filter{Manufacturer: "acme"}, "a1 A3 B1 C%1 D1"},
		{report.Filter{Manufacturer: "MÜLLER AG"}, "A2"},
		{report.Filter{Manufacturer: "mÜller ag"}, "A2"},
		{report.Filter{ExpiringBy: time.Unix(1_900_000_000, 0)}, "B1"},
		{report.Filter{ExpiringBy: time.Unix(1_899_999_999, 0)}, ""},
		{report.Filter{ExpiringBy: time.Unix(2_100_000_000, 0)}, "A2 B1"},
		{report.Filter{Prefix: "A"}, "a1 A2 A3"},
		{report.Filter{Prefix: "a"}, "a1 A2 A3"},
		{report.Filter{Prefix: "C%"}, "C%1"},
		{report.Filter{Prefix: "%"}, ""},
		{report.Filter{After: "a2"}, "A3 B1 C%1 D1"},
		{report.Filter{Limit: 2}, "a1 A2"},
		{report.Filter{After: "A1", Limit: 2}, "A2 A3"},
		{report.Filter{State: token.Bound, Batch: 2, Account: "BERT", Location: "Genf", Manufacturer: "ACME", Prefix: "D", After: "A", Limit: 9}, "D1"},
		{report.Filter{State: token.Bound, Batch: 1, Account: "bert"}, ""},
	} {
		if got := strings.Join(serialsOf(t, s, c.f), " "); got != c.want {
			t.Errorf("%s: %q, not %q", c.f, got, c.want)
		}
	}
}

func TestPaging(t *testing.T) {
	s := newVaried(t)
	all := serialsOf(t, s, report.Filter{})
	for limit := 1; limit <= len(all); limit++ {
		var got []string
		for after := token.Serial(""); ; {
			page := serialsOf(t, s, report.Filter{After: after, Limit: limit})
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = token.Serial(page[len(page)-1])
		}
		if !slices.Equal(got, all) {
			t.Errorf("pages of %d give %q", limit, got)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestFindGivesEveryField(t *testing.T) {
	s := newStore(t)
	open, rate := began.Add(time.Hour), -3.5
	s.mustUpdate(t, func(q *queries) error {
		b, err := q.CreateBatch(newBatch("a"), 2)
		must(t, err)
		r := row(b.FirstID, "Full1")
		r.T0, r.NotBefore, r.NotAfter, r.Manufactured = 100, time.Unix(200, 0), time.Unix(300, 0), time.Unix(150, 0)
		h := row(b.FirstID+1, "H1")
		h.Type, h.Hash, h.Period, h.Counter = token.HOTP, token.SHA256, 0, 7
		must(t, q.InsertTokens(b, []desk.Row{r, h}))
		b.Imported = began.Add(time.Minute)
		_, err = q.CompleteBatch(b)
		return err
	})
	bindTo(t, s, "Full1", "Anna")
	s.mustUpdate(t, func(q *queries) error {
		tok, err := q.Token("full1")
		must(t, err)
		tok.Watermark, tok.Failures, tok.LockedUntil = token.MarkAt(59), 3, began.Add(2*time.Hour)
		must(t, q.SaveToken(tok))
		must(t, q.AddObservation(tok, token.Observation{At: began.Add(-time.Hour), Drift: 1}))
		return q.AddObservation(tok, token.Observation{At: open, Drift: -12.25, Rate: &rate})
	})
	utc := func(seconds int64) *time.Time { return ptr(time.Unix(seconds, 0).UTC()) }
	want := report.Token{
		Serial: "Full1", ID: 1, State: token.Bound, Account: ptr("Anna"), Batch: 1, Manufacturer: "Acme", Model: "One",
		Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: ptr(30), T0: utc(100),
		DriftSeconds: ptr(-12.25), DriftPPM: &rate, ObservedAt: &open, Watermark: ptr(int64(59)),
		Failures: 3, LockedUntil: ptr(began.Add(2 * time.Hour)), Location: ptr("Bern"), NotBefore: utc(200), NotAfter: utc(300),
		ImportedAt: began.Add(time.Minute), StateSince: open, BoundAt: &open, ExportedTo: []string{}, SeedPresent: true,
	}
	wantHOTP := report.Token{
		Serial: "H1", ID: 2, State: token.InStock, Batch: 1, Manufacturer: "Acme", Model: "One",
		Type: token.HOTP, Hash: token.SHA256, Digits: 6, Counter: ptr(int64(7)), Location: ptr("Bern"),
		ImportedAt: began.Add(time.Minute), StateSince: began.Add(time.Minute), ExportedTo: []string{}, SeedPresent: true,
	}
	// What its batch says, and its binding, under an id that chance gave.
	for _, w := range []*report.Token{&want, &wantHOTP} {
		w.File, w.FileSHA256, w.ImportedBy = "a", "sha-a", "olga"
		w.SeedKey = ptr(int64(binary.BigEndian.Uint32([]byte("sealed")[1:])))
	}
	want.Issued, want.LastVerified, want.Manufactured, want.BoundBy, want.BoundCodes = true, &open, utc(150), ptr("olga"), ptr(1)
	s.mustRead(t, func(q *queries) error {
		bound, err := q.Find("Full1")
		must(t, err)
		want.Binding, want.BatchID, wantHOTP.BatchID = bound.Binding, bound.BatchID, bound.BatchID
		if bound.Binding == nil || bound.BatchID == "" {
			t.Error("a bound token has a binding, and a batch")
		}
		got, err := q.Find("fULL1")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("TOTP:\n%s", diff)
		}
		must(t, err)
		for tok, err := range q.Tokens(report.Filter{State: token.Bound}) {
			if diff := cmp.Diff(want, tok); diff != "" || err != nil {
				t.Errorf("listed: %v\n%s", err, diff)
			}
		}
		got, err = q.Find("H1")
		if diff := cmp.Diff(wantHOTP, got); diff != "" {
			t.Errorf("HOTP:\n%s", diff)
		}
		must(t, err)
		tok, err := q.Token("H1")
		tok.Watermark = token.MarkAt(11)
		if c := report.FromToken(tok, nil, token.UsualLock()).Counter; *c != 12 {
			t.Errorf("behind watermark 11 counter %d is expected", *c)
		}
		must(t, err)
		first, err := q.FirstDrifts(1, 10)
		if !slices.Equal(first, []float64{1}) {
			t.Errorf("first drifts %v", first)
		}
		must(t, err)
		all, err := q.Observations(1)
		if len(all) != 2 || all[0].Rate != nil || *all[1].Rate != rate || !all[1].At.Equal(open) {
			t.Errorf("observations %+v", all)
		}
		return err
	})
	s.mustUpdate(t, func(q *queries) error { return q.exec(`UPDATE token SET seed = NULL WHERE id = 2`) })
	s.mustRead(t, func(q *queries) error {
		got, err := q.Find("H1")
		if got.SeedPresent {
			t.Error("the destroyed seed is present")
		}
		must(t, err)
		_, _, err = q.SealedSeed(2)
		kindIs(t, err, fault.NotAllowed, "destroyed")
		sealed, print, err := q.SealedSeed(1)
		if string(sealed) != "sealed Full1" || print != row(1, "Full1").Fingerprint {
			t.Errorf("the sealed seed is %q, its fingerprint %d", sealed, print)
		}
		return err
	})
}

func TestBatches(t *testing.T) {
	s := newStore(t)
	b := newBatch("a.csv")
	b.Supplied = token.Supply{Order: "PO1", Supplier: "Acme", Expected: 3, Location: "Bern", Received: began}
	b = addBatch(t, s, b, "S1", "S2", "S3")
	plain := newBatch("b.csv")
	plain.Supplied = token.Supply{}
	addBatch(t, s, plain, "P1")
	bindTo(t, s, "S2", "anna")
	want := report.Batch{
		Number: 1, ID: b.UUID.String(), File: "a.csv", SHA256: "sha-a.csv", Format: "oath-csv", Order: "PO1", Supplier: "Acme",
		Expected: ptr(3), Location: "Bern", Received: ptr("2026-03-01"), ImportedAt: began, ImportedBy: "olga",
		Records: 3, New: 3, Missing: ptr(0), States: map[token.State]int{token.InStock: 2, token.Bound: 1},
	}
	s.mustRead(t, func(q *queries) error {
		all, err := q.Batches()
		must(t, err)
		if diff := cmp.Diff(want, all[0]); diff != "" || len(all) != 2 {
			t.Errorf("%d batches\n%s", len(all), diff)
		}
		if all[1].Expected != nil || all[1].Received != nil {
			t.Errorf("what nobody said: %+v", all[1])
		}
		one, err := q.Batch(1)
		if diff := cmp.Diff(want, one); diff != "" || err != nil {
			t.Errorf("one: %v\n%s", err, diff)
		}
		_, err = q.Batch(3)
		kindIs(t, err, fault.NotFound, "no batch 3", "batch list")
		sum, err := q.Summary()
		if sum.Tokens != 4 || !cmp.Equal(sum.States, map[token.State]int{token.InStock: 3, token.Bound: 1}) || sum.Head.Seq != 1 || sum.StoreID != s.id.String() {
			t.Errorf("summary %+v", sum)
		}
		return err
	})
}

func TestBatchOfFile(t *testing.T) {
	s := newStore(t)
	whole := addBatch(t, s, newBatch("whole"), "W1")
	s.mustUpdate(t, func(q *queries) error {
		b, err := fill(q, newBatch("partial"), "P1")
		must(t, err)
		b.Refused = 1
		_, err = q.CompleteBatch(b)
		return err
	})
	for _, c := range []struct {
		sha, options string
		found        bool
	}{{whole.SHA256, whole.Options, true}, {whole.SHA256, "format=other", false}, {"sha-partial", whole.Options, false}, {"sha-none", whole.Options, false}} {
		s.mustRead(t, func(q *queries) error {
			b, found, err := q.BatchOfFile(c.sha, c.options)
			if found != c.found || found && b.Number != 1 {
				t.Errorf("%s with %s: %v, batch %d", c.sha, c.options, found, b.Number)
			}
			return err
		})
	}
}

func TestNoSuchToken(t *testing.T) {
	s := newStore(t)
	addBatch(t, s, newBatch("a"), "0012345", "0012346", "AB12", "ab13x")
	for _, c := range []struct{ typed, near string }{
		{"012345", "0012345"},                  // one
		{"00123456", "0012346"},                // one too many
		{"0012354", "0012345"},                 // swapped
		{"00123", "near it: 0012345, 0012346"}, // not read to the end
		{"001234", "near it: 0012345, 0012346"},
		{"ab1", "near it: AB12, ab13x"},
		{"0O12345", "0012345"},
		{"zzzzzz", "fob list"},
	} {
		s.mustRead(t, func(q *queries) error {
			_, err := q.Token(token.Serial(c.typed))
			kindIs(t, err, fault.NotFound, "there is no token "+c.typed, c.near)
			if strings.HasPrefix(c.near, "near") && fault.HintOf(err) != c.near {
				t.Errorf("%s: %q", c.typed, fault.HintOf(err))
			}
			return nil
		})
	}
}

func TestEvents(t *testing.T) {
	s := newStore(t)
	salts := strings.NewReader(strings.Repeat("salt", 100))
	s.mustUpdate(t, func(q *queries) error {
		for i := range 4 {
			e := testEvent(s.id, token.CmdCheck)
			e.Time = trail.Time{Time: began.Add(time.Duration(i) * time.Hour)}
			if i%2 == 0 {
				must(t, e.AddText(salts, trail.TextTicket, "T1"))
				must(t, e.AddText(salts, trail.TextAccount, "anna"))
			}
			must(t, q.Append(e))
		}
		return nil
	})
	for limit, want := range map[int][]int64{0: {1, 2, 3, 4, 5}, 1: {5}, 3: {3, 4, 5}, 5: {1, 2, 3, 4, 5}, 99: {1, 2, 3, 4, 5}} {
		s.mustRead(t, func(q *queries) error {
			var got []int64
			for e, err := range q.Events(report.EventFilter{Limit: limit}) {
				must(t, err)
				got = append(got, e.Seq)
				wantTexts := 0
				if e.Seq == 2 || e.Seq == 4 {
					wantTexts = 2
				}
				if len(e.Texts) != wantTexts {
					t.Errorf("event %d has %d texts", e.Seq, len(e.Texts))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the newest %d are %v", limit, got)
			}
			return nil
		})
	}
	s.mustRead(t, func(q *queries) error {
		for range q.Events(report.EventFilter{}) {
			break // who stops early leaves nothing open
		}
		at, err := q.NewestEvent()
		if !at.Equal(began.Add(3 * time.Hour)) {
			t.Errorf("the newest event is of %s", at)
		}
		return err
	})
	verifyTrail(t, s)
}

// Rows that no program of ours writes, below the first number, are seen.
func TestForgedFirstEvent(t *testing.T) {
	path := newPath(t)
	vandalise(t, path, "DROP TRIGGER audit_in_order", "PRAGMA ignore_check_constraints = 1",
		"INSERT INTO audit VALUES (0, x'7b7d', zeroblob(32)), (-1, x'7b7d', zeroblob(32))")
	openStore(t, path).mustRead(t, func(q *queries) error {
		r, err := trail.Verify(q.id, q.Events(report.EventFilter{}))
		if r.OK() || r.Events != 3 {
			t.Errorf("%d events, %q", r.Events, r.Problems)
		}
		return err
	})
}

// A hash that is longer than a hash is no hash, though it begins as it should.
func TestForgedHash(t *testing.T) {
	for name, forged := range map[string]string{"longer": `hash || x'00'`, "shorter": `substr(hash, 1, 31)`} {
		path := newPath(t)
		vandalise(t, path, "DROP TRIGGER audit_no_update", "PRAGMA ignore_check_constraints = 1",
			"UPDATE audit SET hash = CAST("+forged+" AS BLOB)")
		openStore(t, path).mustRead(t, func(q *queries) error {
			r, err := trail.Verify(q.id, q.Events(report.EventFilter{}))
			if r.OK() {
				t.Errorf("nobody noticed a hash that is %s", name)
			}
			return err
		})
	}
}
