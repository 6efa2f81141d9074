package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"fob/internal/report"
	"fob/internal/token"
)

func observe(t *testing.T, s *Store, serial token.Serial, after time.Duration, rate *float64) {
	t.Helper()
	s.mustUpdate(t, func(q *queries) error {
		tok, err := q.Token(serial)
		must(t, err)
		return q.AddObservation(tok, token.Observation{At: began.Add(after), Rate: rate})
	})
}

const aDay = 24 * time.Hour

// The newest observation of a token counts for its batch, once 90 days lie behind
// its first.
func TestBatchRates(t *testing.T) {
	s := newStore(t)
	a := addBatch(t, s, newBatch("a"), "S1", "S2", "S3")
	b := addBatch(t, s, newBatch("b"), "T1")
	rates := func(batch int64, limit int, want ...float64) {
		t.Helper()
		s.mustRead(t, func(q *queries) error {
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
	s.mustRead(t, func(q *queries) error {
		if found := amiss(t, q); len(found) > 0 {
			t.Errorf("%q", found)
		}
		return nil
	})
}

func TestLastSeen(t *testing.T) {
	s := newStore(t)
	addBatch(t, s, newBatch("a"), "S1", "S2", "S3", "S4")
	for i, serial := range []token.Serial{"S3", "S1", "S2", "S1", "S1"} {
		observe(t, s, serial, time.Duration(i)*aDay, nil)
	}
	for limit, want := range map[int]string{0: "", 1: "S1", 2: "S1 S2", 5: "S1 S2 S3"} {
		s.mustRead(t, func(q *queries) error {
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

// oldStore is one as the migrations up to a version made it, filled, and opened
// since.
func oldStore(t *testing.T, version int64, statements ...string) *Store {
	t.Helper()
	path := newPath(t) + ".old"
	db, err := sql.Open("sqlite", address(path, url.Values{"mode": {"rwc"}, "_txlock": {"immediate"}}, "journal_mode(wal)"))
	must(t, err)
	db.SetMaxOpenConns(1)
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	must(t, err)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder)
	must(t, err)
	_, err = provider.UpTo(context.Background(), version)
	must(t, err)
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	must(t, db.Close())
	return openStore(t, path)
}

// A store of before knows afterwards what its batches' clocks do.
func TestUpgradeRatesObservations(t *testing.T) {
	const days90 = int64(90 * aDay)
	s := oldStore(t, 4,
		`INSERT INTO store VALUES (1, '0197c0de-0000-7000-8000-000000000001', 1, 'pub', 1)`,
		`INSERT INTO profile VALUES (1, '', '', 'totp', 'sha1', 6, 30, 0)`,
		`INSERT INTO batch VALUES (1, 'b', 1, 0, 1, 2, 'f', 's', 'oath-csv', '', '', '', NULL, '', NULL, 2, 2, 0, 0, 1, 1, 'olga', NULL, NULL)`,
		`INSERT INTO token (id, serial_key, batch_id, profile_id, fingerprint) VALUES (1, 'A-1', 1, 1, 1), (2, 'S2', 1, 1, 2)`,
		`INSERT INTO fingerprint VALUES (1, 0, 1), (2, 0, 2)`,
		fmt.Sprintf(`INSERT INTO observation (token_id, batch_id, at, drift, rate, first) VALUES
			(1, 1, 1, 0, NULL, 1), (1, 1, %d, 0, 8, 0), (2, 1, 1, 0, NULL, 1), (1, 1, %d, 0, 9, 0), (2, 1, %d, 0, 5, 0)`,
			days90+1, days90+2, days90),
	)
	s.mustRead(t, func(q *queries) error {
		rates, err := q.BatchRates(1, 9)
		if !slices.Equal(rates, []float64{9}) || err != nil {
			t.Errorf("%g, %v", rates, err)
		}
		tok, err := q.Token("A1")
		if err != nil || tok.Serial != "A-1" {
			t.Errorf("%v, %v", tok, err)
		}
		if found := amiss(t, q); len(found) > 0 {
			t.Errorf("%q", found)
		}
		return nil
	})
}

// Clocks gives each token's record whole, in the order of their import, and ends
// when its reader does.
func TestClocks(t *testing.T) {
	s := newStore(t)
	addBatch(t, s, newBatch("a"), "S1", "S2", "S3")
	addBatch(t, s, newBatch("b"), "T1")
	addLoading(t, s, newBatch("c"), "L1")
	for i, serial := range []token.Serial{"T1", "S3", "S1", "S3", "T1", "S1", "S1"} {
		observe(t, s, serial, time.Duration(i)*aDay, nil)
	}
	for want, f := range map[string]report.DriftFilter{
		"S1:3 S3:2 T1:2 ": {}, "S1:3 S3:2 ": {Batch: 1}, "T1:2 ": {Batch: 2}, "": {Batch: 3}, " S1:3 S3:2 T1:2": {Model: "ONE"},
	} {
		s.mustRead(t, func(q *queries) error {
			got := ""
			for rec, err := range q.Clocks(f) {
				must(t, err)
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
	s.mustRead(t, func(q *queries) error {
		for rec, err := range q.Clocks(report.DriftFilter{}) {
			if rec.Serial != "S1" || err != nil {
				t.Errorf("%s came first, %v", rec.Serial, err)
			}
			break
		}
		return nil
	})
}

// A report of a million tokens neither sorts nor reads what it was not asked for.
func TestClockPlans(t *testing.T) {
	s := newBoundStore(t)
	addBatch(t, s, newBatch("b"), numbered("B", 0, 2000)...)
	for _, f := range []report.DriftFilter{{}, {Batch: 1}, {Model: "one"}} {
		query, args := clockRecords(f)
		steps := plan(t, s, query, args...)
		if strings.Contains(steps, "TEMP B-TREE") || f.Batch != 0 && whole.MatchString(steps) {
			t.Errorf("%+v:\n%s", f, steps)
		}
	}
}
