package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/token"
)

var clockTests = map[string]func(*testing.T, Open){
	"batch rates": testBatchRates,
	"last seen":   testLastSeen,
	"clocks":      testClocks,
}

func observe(t *testing.T, s *store.Store, serial token.Serial, after time.Duration, rate *float64) {
	t.Helper()
	Update(t, s, func(q Tx) error {
		tok, err := q.Token(serial)
		Must(t, err)
		return q.AddObservation(tok, token.Observation{At: Began.Add(after), Rate: rate})
	})
}

const aDay = 24 * time.Hour

// The newest observation of a token counts for its batch, once 90 days lie behind
// its first.
func testBatchRates(t *testing.T, open Open) {
	s := open(t)
	a := AddBatch(t, s, NewBatch("a"), "S1", "S2", "S3")
	b := AddBatch(t, s, NewBatch("b"), "T1")
	rates := func(batch int64, limit int, want ...float64) {
		t.Helper()
		Read(t, s, func(q Reader) error {
			got, err := q.BatchRates(batch, limit)
			if !slices.Equal(got, want) {
				t.Errorf("batch %d: %g, want %g", batch, got, want)
			}
			return err
		})
	}
	for _, serial := range []token.Serial{"S1", "S2", "S3", "T1"} {
		observe(t, s, serial, 0, nil)
		observe(t, s, serial, 90*aDay-1, ptr(99.0))
	}
	rates(a.ID, 9)
	observe(t, s, "S1", 90*aDay, ptr(1.0))
	observe(t, s, "S2", 91*aDay, ptr(2.0))
	observe(t, s, "T1", 91*aDay, ptr(7.0))
	observe(t, s, "S1", 92*aDay, ptr(3.0))
	observe(t, s, "S3", 93*aDay, nil) // behind a jump
	rates(a.ID, 9, 3, 2)
	rates(a.ID, 1, 3)
	rates(b.ID, 9, 7)
	observe(t, s, "S1", 10*aDay, ptr(5.0)) // our clock was set back
	rates(a.ID, 9, 2)
}

func testLastSeen(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1", "S2", "S3", "S4")
	for i, serial := range []token.Serial{"S3", "S1", "S2", "S1", "S1"} {
		observe(t, s, serial, time.Duration(i)*aDay, nil)
	}
	for limit, want := range map[int]string{0: "", 1: "S1", 2: "S1 S2", 5: "S1 S2 S3"} {
		Read(t, s, func(q Reader) error {
			all, err := q.LastSeen(limit)
			got := ""
			for i, t := range all {
				got += []string{"", " "}[min(i, 1)] + string(t.Serial)
			}
			if got != want {
				t.Errorf("the last %d: %s", limit, got)
			}
			return err
		})
	}
}

// Clocks gives each token's record whole, in the order of their import, and ends
// when its reader does.
func testClocks(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "S1", "S2", "S3")
	AddBatch(t, s, NewBatch("b"), "T1")
	AddLoading(t, s, NewBatch("c"), "L1")
	for i, serial := range []token.Serial{"T1", "S3", "S1", "S3", "T1", "S1", "S1"} {
		observe(t, s, serial, time.Duration(i)*aDay, nil)
	}
	for want, f := range map[string]report.DriftFilter{
		"S1:3 S3:2 T1:2 ": {}, "S1:3 S3:2 ": {Batch: 1}, "T1:2 ": {Batch: 2}, "": {Batch: 3}, " S1:3 S3:2 T1:2": {Model: "ONE"},
	} {
		Read(t, s, func(q Reader) error {
			got := ""
			for rec, err := range q.Clocks(f) {
				Must(t, err)
				got += fmt.Sprintf("%s:%d ", rec.Serial, len(rec.Observations))
				if rec.Period != 30 || rec.Model != "One" || rec.Batch == 0 || !slices.IsSortedFunc(rec.Observations, func(a, b token.Observation) int { return a.At.Compare(b.At) }) {
					t.Errorf("%+v", rec)
				}
			}
			if strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("%+v: %q, want %q", f, got, want)
			}
			groups, err := q.ClockGroups(f)
			tokens := 0
			for _, g := range groups {
				tokens += g.Tokens
			}
			if want := map[int]int{0: 4, 1: 3, 2: 1}[f.Batch]; tokens != want {
				t.Errorf("%+v: %d tokens in %+v", f, tokens, groups)
			}
			return err
		})
	}
	Read(t, s, func(q Reader) error {
		for rec, err := range q.Clocks(report.DriftFilter{}) {
			if rec.Serial != "S1" || err != nil {
				t.Errorf("%s came first, %v", rec.Serial, err)
			}
			break
		}
		return nil
	})
}
