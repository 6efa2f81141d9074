package storetest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/provision"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/token"
	"fob/internal/trail"
)

var tokenTests = map[string]func(*testing.T, Open){
	"filters":                testFilters,
	"paging":                 testPaging,
	"find gives every field": testFindGivesEveryField,
	"batches":                testBatches,
	"batch of file":          testBatchOfFile,
	"no such token":          testNoSuchToken,
	"events":                 testEvents,
	"stock counts":           testStockCounts,
	"sealed in order":        testSealedInOrder,
}

// newVaried is a store with two batches of tokens that differ in every field
// that a filter looks at.
func newVaried(t *testing.T, open Open) *store.Store {
	t.Helper()
	s := open(t)
	Must(t, Write(s, func(q Tx) error {
		b, err := q.CreateBatch(NewBatch("a"), 4)
		Must(t, err)
		rows := []desk.Row{Row(b.FirstID, "a1"), Row(b.FirstID+1, "A2"), Row(b.FirstID+2, "B1"), Row(b.FirstID+3, "C%1")}
		rows[1].Manufacturer, rows[1].NotAfter = "MÜLLER AG", time.Unix(2_000_000_000, 0)
		rows[2].Type, rows[2].Period, rows[2].Counter, rows[2].NotAfter = token.HOTP, 0, 7, time.Unix(1_900_000_000, 0)
		Must(t, q.InsertTokens(b, rows))
		_, err = q.CompleteBatch(b)
		return err
	}))
	other := NewBatch("b")
	other.Supplied.Location = "Genf"
	AddBatch(t, s, other, "A3", "D1")
	BindTo(t, s, "a1", "Anna@Example.com")
	BindTo(t, s, "D1", "bert")
	return s
}

func testFilters(t *testing.T, open Open) {
	s := newVaried(t, open)
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
		{report.Filter{Ending: "1"}, "a1 B1 C%1 D1"},
		{report.Filter{Ending: "%1"}, "C%1"},
		{report.Filter{Ending: "_1"}, ""},
		{report.Filter{Verifier: "nosuch"}, ""},
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

func testPaging(t *testing.T, open Open) {
	s := newVaried(t, open)
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

func testFindGivesEveryField(t *testing.T, open Open) {
	s := open(t)
	opened, rate := Began.Add(time.Hour), -3.5
	Update(t, s, func(q Tx) error {
		b, err := q.CreateBatch(NewBatch("a"), 2)
		Must(t, err)
		r := Row(b.FirstID, "Full1")
		r.T0, r.NotBefore, r.NotAfter, r.Manufactured = 100, time.Unix(200, 0), time.Unix(300, 0), time.Unix(150, 0)
		h := Row(b.FirstID+1, "H1")
		h.Type, h.Hash, h.Period, h.Counter = token.HOTP, token.SHA256, 0, 7
		Must(t, q.InsertTokens(b, []desk.Row{r, h}))
		b.Imported = Began.Add(time.Minute)
		_, err = q.CompleteBatch(b)
		return err
	})
	BindTo(t, s, "Full1", "Anna")
	Update(t, s, func(q Tx) error {
		tok, err := q.Token("full1")
		Must(t, err)
		tok.Watermark, tok.Failures, tok.LockedUntil = token.MarkAt(59), 3, Began.Add(2*time.Hour)
		Must(t, q.SaveToken(tok))
		Must(t, q.AddObservation(tok, token.Observation{At: Began.Add(-time.Hour), Drift: 1}))
		return q.AddObservation(tok, token.Observation{At: opened, Drift: -12.25, Rate: &rate})
	})
	utc := func(seconds int64) *time.Time { return ptr(time.Unix(seconds, 0).UTC()) }
	want := report.Token{
		Serial: "Full1", ID: 1, State: token.Bound, Account: ptr("Anna"), Batch: 1, Manufacturer: "Acme", Model: "One",
		Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: ptr(30), T0: utc(100),
		DriftSeconds: ptr(-12.25), DriftPPM: &rate, ObservedAt: &opened, Watermark: ptr(int64(59)),
		Failures: 3, LockedUntil: ptr(Began.Add(2 * time.Hour)), Location: ptr("Bern"), NotBefore: utc(200), NotAfter: utc(300),
		ImportedAt: Began.Add(time.Minute), StateSince: opened, BoundAt: &opened, ExportedTo: []string{}, SeedPresent: true,
	}
	wantHOTP := report.Token{
		Serial: "H1", ID: 2, State: token.InStock, Batch: 1, Manufacturer: "Acme", Model: "One",
		Type: token.HOTP, Hash: token.SHA256, Digits: 6, Counter: ptr(int64(7)), Location: ptr("Bern"),
		ImportedAt: Began.Add(time.Minute), StateSince: Began.Add(time.Minute), ExportedTo: []string{}, SeedPresent: true,
	}
	// What its batch says, and its binding, under an id that chance gave.
	for _, w := range []*report.Token{&want, &wantHOTP} {
		w.File, w.FileSHA256, w.ImportedBy = "a", "sha-a", "olga"
		w.SeedKey = ptr(int64(binary.BigEndian.Uint32([]byte("sealed")[1:])))
	}
	want.Issued, want.LastVerified, want.Manufactured, want.BoundBy, want.BoundCodes = true, &opened, utc(150), ptr("olga"), ptr(1)
	Read(t, s, func(q Reader) error {
		bound, err := q.Find("Full1")
		Must(t, err)
		want.Binding, want.BatchID, wantHOTP.BatchID = bound.Binding, bound.BatchID, bound.BatchID
		if bound.Binding == nil || bound.BatchID == "" {
			t.Error("a bound token has a binding, and a batch")
		}
		got, err := q.Find("fULL1")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("TOTP:\n%s", diff)
		}
		Must(t, err)
		for tok, err := range q.Tokens(report.Filter{State: token.Bound}) {
			if diff := cmp.Diff(want, tok); diff != "" || err != nil {
				t.Errorf("listed: %v\n%s", err, diff)
			}
		}
		got, err = q.Find("H1")
		if diff := cmp.Diff(wantHOTP, got); diff != "" {
			t.Errorf("HOTP:\n%s", diff)
		}
		Must(t, err)
		tok, err := q.Token("H1")
		tok.Watermark = token.MarkAt(11)
		if c := report.FromToken(tok, nil, token.UsualLock()).Counter; *c != 12 {
			t.Errorf("behind watermark 11 counter %d is expected", *c)
		}
		Must(t, err)
		first, err := q.FirstDrifts(1, 10)
		if !slices.Equal(first, []float64{1}) {
			t.Errorf("first drifts %v", first)
		}
		Must(t, err)
		all, err := q.Observations(1)
		if len(all) != 2 || all[0].Rate != nil || *all[1].Rate != rate || !all[1].At.Equal(opened) {
			t.Errorf("observations %+v", all)
		}
		return err
	})
	Update(t, s, func(q Tx) error { return q.DestroySeed(2) })
	Read(t, s, func(q Reader) error {
		got, err := q.Find("H1")
		if got.SeedPresent {
			t.Error("the destroyed seed is present")
		}
		Must(t, err)
		_, _, err = q.SealedSeed(2)
		KindIs(t, err, fault.NotAllowed, "destroyed")
		sealed, of, err := q.SealedSeed(1)
		if string(sealed) != "sealed Full1" || of.Fingerprint != Row(1, "Full1").Fingerprint || of.Serial != "FULL1" || of.Batch == uuid.Nil {
			t.Errorf("the sealed seed is %q, of %+v", sealed, of)
		}
		return err
	})
}

func testBatches(t *testing.T, open Open) {
	s := open(t)
	b := NewBatch("a.csv")
	b.Supplied = token.Supply{Order: "PO1", Supplier: "Acme", Expected: 3, Location: "Bern", Received: Began}
	b = AddBatch(t, s, b, "S1", "S2", "S3")
	plain := NewBatch("b.csv")
	plain.Supplied = token.Supply{}
	AddBatch(t, s, plain, "P1")
	BindTo(t, s, "S2", "anna")
	want := report.Batch{
		Number: 1, ID: b.UUID.String(), File: "a.csv", SHA256: "sha-a.csv", Format: "oath-csv", Order: "PO1", Supplier: "Acme",
		Expected: ptr(3), Location: "Bern", Received: ptr("2026-03-01"), ImportedAt: Began, ImportedBy: "olga",
		Records: 3, New: 3, Missing: ptr(0), States: map[token.State]int{token.InStock: 2, token.Bound: 1},
	}
	Read(t, s, func(q Reader) error {
		all, err := q.Batches()
		Must(t, err)
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
		KindIs(t, err, fault.NotFound, "no batch 3", "batch list")
		sum, err := q.Summary()
		if sum.Tokens != 4 || !cmp.Equal(sum.States, map[token.State]int{token.InStock: 3, token.Bound: 1}) || sum.Head.Seq != 1 || sum.StoreID != s.ID().String() {
			t.Errorf("summary %+v", sum)
		}
		return err
	})
}

func testBatchOfFile(t *testing.T, open Open) {
	s := open(t)
	whole := AddBatch(t, s, NewBatch("whole"), "W1")
	Update(t, s, func(q Tx) error {
		b, err := Fill(q, NewBatch("partial"), "P1")
		Must(t, err)
		b.Refused = 1
		_, err = q.CompleteBatch(b)
		return err
	})
	for _, c := range []struct {
		sha, options string
		found        bool
	}{{whole.SHA256, whole.Options, true}, {whole.SHA256, "format=other", false}, {"sha-partial", whole.Options, false}, {"sha-none", whole.Options, false}} {
		Read(t, s, func(q Reader) error {
			b, found, err := q.BatchOfFile(c.sha, c.options)
			if found != c.found || found && b.Number != 1 {
				t.Errorf("%s with %s: %v, batch %d", c.sha, c.options, found, b.Number)
			}
			return err
		})
	}
}

func testNoSuchToken(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "0012345", "0012346", "AB12", "ab13x")
	for _, c := range []struct{ typed, near string }{
		{"012345", "0012345"},                  // one
		{"00123456", "0012346"},                // one too many
		{"0012354", "0012345"},                 // swapped
		{"00123", "near it: 0012345, 0012346"}, // not read to the end
		{"001234", "near it: 0012345, 0012346"},
		{"ab1", "near it: AB12, ab13x"},
		{"0O12345", "0012345"},
		{"zzzzzz", "list shows what is here"},
	} {
		Read(t, s, func(q Reader) error {
			_, err := q.Token(token.Serial(c.typed))
			KindIs(t, err, fault.NotFound, "there is no token "+c.typed, c.near)
			if strings.HasPrefix(c.near, "near") && fault.HintOf(err) != c.near {
				t.Errorf("%s: %q", c.typed, fault.HintOf(err))
			}
			return nil
		})
	}
}

func testEvents(t *testing.T, open Open) {
	s := open(t)
	salts := strings.NewReader(strings.Repeat("salt", 100))
	Update(t, s, func(q Tx) error {
		for i := range 4 {
			e := Event(s.ID(), token.CmdCheck)
			e.Time = trail.Time{Time: Began.Add(time.Duration(i) * time.Hour)}
			if i%2 == 0 {
				Must(t, e.AddText(salts, trail.TextTicket, "T1"))
				Must(t, e.AddText(salts, trail.TextAccount, "anna"))
			}
			Must(t, q.Append(e))
		}
		return nil
	})
	for limit, want := range map[int][]int64{0: {1, 2, 3, 4, 5}, 1: {5}, 3: {3, 4, 5}, 5: {1, 2, 3, 4, 5}, 99: {1, 2, 3, 4, 5}} {
		Read(t, s, func(q Reader) error {
			var got []int64
			for e, err := range q.Events(report.EventFilter{Limit: limit}) {
				Must(t, err)
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
	Read(t, s, func(q Reader) error {
		for range q.Events(report.EventFilter{}) {
			break // who stops early leaves nothing open
		}
		at, err := q.NewestEvent()
		if !at.Equal(Began.Add(3 * time.Hour)) {
			t.Errorf("the newest event is of %s", at)
		}
		return err
	})
	verifyTrail(t, s)
}

func verifyTrail(t *testing.T, s *store.Store) {
	t.Helper()
	Read(t, s, func(q Reader) error {
		r, err := trail.Verify(s.ID(), q.Events(report.EventFilter{}))
		if err == nil && !r.OK() {
			t.Errorf("the trail is not whole: %q", r.Problems)
		}
		return err
	})
}

// The counts are of all tokens that are visible, each once.
func testStockCounts(t *testing.T, open Open) {
	s := newVaried(t, open)
	AddLoading(t, s, NewBatch("loading"), "L1")
	Must(t, s.SnapshotPages(bg, func(q report.PageReader) error {
		counts, err := q.StockCounts()
		Must(t, err)
		states, batches, clocks, total := map[token.State]int{}, map[int]int{}, 0, 0
		for _, c := range counts {
			states[c.State] += c.Tokens
			batches[c.Batch] += c.Tokens
			if total += c.Tokens; c.Clock {
				clocks += c.Tokens
			}
			if c.Imported.IsZero() || c.Manufacturer == "" || (c.Location == "Genf") != (c.Batch == 2) {
				t.Errorf("%+v", c)
			}
		}
		if total != 6 || states[token.Bound] != 2 || states[token.InStock] != 4 || batches[1] != 4 || batches[2] != 2 || clocks != 5 {
			t.Errorf("%d tokens, %v, %v, %d clocks", total, states, batches, clocks)
		}
		if lost, err := q.LostBy("nobody", 5); len(lost) > 0 || err != nil {
			t.Error(lost, err)
		}
		head, err := q.Head()
		Must(t, err)
		down, err := report.LogDown(q, 0, 2)
		Must(t, err)
		if len(down) != int(min(head.Seq, 2)) || down[0].Seq != head.Seq {
			t.Errorf("%+v", down)
		}
		return nil
	}))
}

// testSealedInOrder has several readers take the pages of a delivery in turn.
func testSealedInOrder(t *testing.T, open Open) {
	s := open(t)
	const n = 7300 // pages and a part of one
	b := AddBatch(t, s, NewBatch("many"), Numbered("S", 0, n)...)
	var ids []int64
	for i := range int64(n) {
		if i%7 != 3 { // some stay
			ids = append(ids, b.FirstID+i)
		}
	}
	slices.Reverse(ids)
	Must(t, s.Provision().ViewMany(bg, func(r provision.Reader) error {
		next := 0
		for c, err := range r.Sealed(ids) {
			Must(t, err)
			want := fmt.Sprintf("S%07d", ids[next]-b.FirstID)
			if c.ID != ids[next] || string(c.Serial) != want || string(c.Sealed) != "sealed "+want || c.Of.Batch != b.UUID {
				t.Fatalf("%d: token %d is %d, %s, %q", next, ids[next], c.ID, c.Serial, c.Sealed)
			}
			next++
		}
		if next != len(ids) {
			t.Errorf("%d of %d tokens came", next, len(ids))
		}
		for range r.Sealed(ids) {
			break // the readers end with it
		}
		for _, err := range r.Sealed(append(ids[:2500:2500], b.LastID+1)) {
			if next--; err != nil {
				return nil
			}
		}
		t.Error("a token that is not there went unsaid")
		return nil
	}))
}
