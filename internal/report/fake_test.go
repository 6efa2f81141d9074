package report

import (
	"crypto/rand"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

// fakeReader is a store in memory; it selects nothing by itself.
type fakeReader struct {
	Reader
	count   int
	make    func(i int) Token
	fail    error // after the last token
	summary Summary
	left    []Leaver
}

func (f fakeReader) Leavers(LeaverFilter) iter.Seq2[Leaver, error] {
	return func(yield func(Leaver, error) bool) {
		for _, l := range f.left {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (f fakeReader) NewestList() (*PeopleList, error) {
	if f.left == nil {
		return nil, nil
	}
	return &PeopleList{Number: 1}, nil
}

func (f fakeReader) Tokens(Filter) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		for i := range f.count {
			if !yield(f.make(i), nil) {
				return
			}
		}
		if f.fail != nil {
			yield(Token{}, f.fail)
		}
	}
}

func (fakeReader) Bindings(Filter) iter.Seq2[Binding, error] {
	return func(yield func(Binding, error) bool) {
		for i := range 3 {
			b := Binding{Serial: "0000000000000", Account: "=user0@example.com", OpenedAt: noon.AddDate(0, -i, 0), By: "anna", Codes: 1, ID: uuid.Nil.String()}
			if i > 0 {
				b.ClosedAt = &noon
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}
func (fakeReader) Events(EventFilter) iter.Seq2[trail.Stored, error] {
	return func(func(trail.Stored, error) bool) {}
}
func (fakeReader) Clocks(DriftFilter) iter.Seq2[ClockRecord, error] {
	return func(func(ClockRecord, error) bool) {}
}
func (fakeReader) ClockGroups(DriftFilter) ([]ClockGroup, error) { return nil, nil }

func (f fakeReader) Summary() (Summary, error) { return f.summary, nil }

// stock is a store of n tokens, all kinds of them, in one batch.
func stock(n int) fakeReader {
	f := fakeReader{count: n, make: anyToken, summary: Summary{
		StoreID: "0199-store", Tokens: n, States: map[token.State]int{},
		Head: trail.Head{Seq: 42, Hash: trail.Hash{1, 2, 3}},
	}}
	for i := range min(n, 1000) {
		f.summary.States[anyToken(i).State]++
	}
	f.summary.Batches = []Batch{{
		Number: 3, ID: "0199-batch", File: "=seeds.csv", SHA256: "ab", Format: "oath-csv", Order: "PO-7",
		Expected: new(n + 1), ImportedAt: noon, ImportedBy: "anna", Records: n, New: n, States: f.summary.States,
	}}
	return f
}

// list is a store of exactly these tokens.
func list(tokens ...Token) fakeReader {
	f := stock(0)
	f.count, f.summary.Tokens = len(tokens), len(tokens)
	f.make = func(i int) Token { return tokens[i] }
	return f
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// anyToken makes token i: every third one bound and observed, every fourth
// HOTP, the others in stock.
func anyToken(i int) Token {
	t := Token{
		Serial: token.Serial(fmt.Sprintf("%013d", i)), ID: int64(i + 1), State: token.InStock, Batch: 3,
		Manufacturer: "Feitian", Model: "c200", Type: token.TOTP, Hash: token.SHA1, Digits: 6,
		Location: new("Zürich"), ImportedAt: noon, StateSince: noon.Add(time.Duration(i) * time.Second), SeedPresent: true, ExportedTo: []string{},
	}
	if i%4 == 3 {
		t.Type, t.Counter = token.HOTP, new(int64(i))
	} else {
		t.Period, t.T0 = new(30), new(time.Unix(0, 0).UTC())
	}
	if i%3 == 0 {
		t.State, t.Account, t.BoundAt = token.Bound, new(fmt.Sprintf("user%d@example.com", i)), &t.StateSince
		t.DriftSeconds, t.DriftPPM, t.ObservedAt = new(-14.5+float64(i)/7), new(-1.23456), new(noon.Add(987654321))
		t.Watermark, t.ExportedTo = new(int64(58_000_000+i)), []string{"entra", "duo"}
	}
	return t
}

func anOrigin() Origin {
	return Origin{
		Made: noon, By: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "anna", SudoUID: "1001"},
		Host: "desk", Version: "1.0", Random: rand.Reader,
	}
}

func (fakeReader) Policy() (map[string]string, error) { return nil, nil }
