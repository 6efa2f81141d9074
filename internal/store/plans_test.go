package store_test

import (
	"context"
	"math/bits"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/store"
	"fob/internal/store/sqlite"
	"fob/internal/store/storetest"
	"fob/internal/token"
)

func newBoundStore(t *testing.T) *store.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fob.db")
	storetest.Must(t, sqlite.Create(context.Background(), path, storetest.Founding()))
	s, err := sqlite.Open(context.Background(), path)
	storetest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	storetest.AddBatch(t, s, storetest.NewBatch("a"), "S1", "S2")
	storetest.BindTo(t, s, "S1", "Anna")
	return s
}

// analyze gathers statistics.
func analyze(t *testing.T, s *store.Store) {
	t.Helper()
	w, err := s.Begin(context.Background(), false)
	storetest.Must(t, err)
	_, err = w.Tx.Exec("ANALYZE")
	storetest.Must(t, err)
	storetest.Must(t, w.Tx.Commit())
	storetest.Must(t, w.End())
}

// plan returns SQLite's query plan, one step a line.
func plan(t *testing.T, s *store.Store, query string, args ...any) string {
	t.Helper()
	readers, end, err := s.Snapshots(context.Background(), 1)
	storetest.Must(t, err)
	defer end()
	rows, err := readers[0].Query("EXPLAIN QUERY PLAN "+query, args...)
	storetest.Must(t, err)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		storetest.Must(t, rows.Scan(&id, &parent, &unused, &detail))
		steps = append(steps, detail)
	}
	return strings.Join(steps, "\n")
}

func listed(t *testing.T, s *store.Store, f report.Filter) (string, []any) {
	t.Helper()
	query, args, err := store.Listed(s, f)
	storetest.Must(t, err)
	if query == "" {
		t.Fatalf("%s: it is known that there are none", f)
	}
	return query, args
}

// whole matches a step that reads a table, or an index, from end to end.
var whole = regexp.MustCompile(`(?m)^SCAN (?:TABLE )?(\w+)`)

// wholeToken is that of a table with a row or more for every token. With
// statistics the engine knows that the others have a row or two in these tests,
// and reads those through, rightly.
var wholeToken = regexp.MustCompile(`(?m)^SCAN (?:TABLE )?(t|token|observation|binding|audit|fingerprint)\b`)

func scansOf(statistics bool) *regexp.Regexp {
	if statistics {
		return wholeToken
	}
	return whole
}

// What a person waits for finds its rows by an index. The engine decides by
// what it knows of the tables, so it is asked without and with statistics.
func TestQueryPlans(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("b"), storetest.Numbered("B", 0, 2000)...)
	listing := func(f report.Filter) (string, []any) { return listed(t, s, f) }
	mistyped := token.Serial("S1").TypingErrors()
	asked := map[string]func() (string, []any){
		"a serial":         func() (string, []any) { return store.TokenByKey, []any{"S1"} },
		"an account":       func() (string, []any) { return listing(report.Filter{Account: "anna"}) },
		"a batch":          func() (string, []any) { return listing(report.Filter{Batch: 1}) },
		"a state":          func() (string, []any) { return listing(report.Filter{State: token.Bound}) },
		"a batch's state":  func() (string, []any) { return listing(report.Filter{Batch: 1, State: token.Bound}) },
		"a prefix":         func() (string, []any) { return listing(report.Filter{Prefix: "S"}) },
		"a page":           func() (string, []any) { return listing(report.Filter{After: "S"}) },
		"serials":          func() (string, []any) { return store.StoredByKeys, []any{"S1", "S2"} },
		"begun serials":    func() (string, []any) { return store.NearByPrefix, []any{"S1", "S1\x7f", 5} },
		"mistyped serials": func() (string, []any) { return store.NearByTypingErrors(len(mistyped)), store.Anys(mistyped) },
		"fingerprints": func() (string, []any) {
			return `SELECT fingerprint, nth, token_id FROM fingerprint WHERE fingerprint IN ($1, $2)`, []any{1, 2}
		},
		"a clock": func() (string, []any) {
			return `SELECT at, drift, rate FROM observation WHERE token_id = $1 ORDER BY id`, []any{1}
		},
		"first drifts":       func() (string, []any) { return store.FirstDrifts, []any{1, 9} },
		"batch's rates":      func() (string, []any) { return store.BatchRates, []any{1, 9} },
		"a bare serial":      func() (string, []any) { return store.BareSelect, []any{"S1"} },
		"an account's share": func() (string, []any) { return store.TokensOfAccount, []any{"anna"} },
		"a slice of a batch": func() (string, []any) { return store.SliceSelect, []any{1, 5000} },
		"the newest event":   func() (string, []any) { return `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`, nil },
		"a page of seeds": func() (string, []any) {
			return store.SealedQuery(desk.Span{First: 1, Last: 9}, desk.SeedFilter{})
		},
		"a state's seeds": func() (string, []any) {
			return store.SealedQuery(desk.Span{First: 1, Last: 9}, desk.SeedFilter{State: token.Lost}, 1, 2)
		},
		"an account's standing": func() (string, []any) { return store.StandingSelect, []any{"anna"} },
		"a former name":         func() (string, []any) { return store.NowCalled, []any{"anna"} },
		"what an account holds": func() (string, []any) { return store.HoldingSelect, []any{1} },
		"what it held":          func() (string, []any) { return store.HeldSelect, []any{1} },
		"near accounts":         func() (string, []any) { return store.NearAccounts, []any{"a", "b", 5} },
		"mistyped accounts":     func() (string, []any) { return store.AccountsByTypingErrors(2), []any{"ana", "anan"} },
		"who left": func() (string, []any) {
			query, args, err := store.LeaversQuery(s)
			storetest.Must(t, err)
			return query, args
		},
		"begun accounts": func() (string, []any) { return store.AccountsQuery(report.AccountFilter{Prefix: "an", Limit: 50}) },
		"clocks":         func() (string, []any) { return store.ObservationsOf, []any{1, 9} },
	}
	for _, statistics := range []bool{false, true} {
		if statistics {
			analyze(t, s)
		}
		for name, query := range asked {
			text, args := query()
			steps := plan(t, s, text, args...)
			for _, m := range scansOf(statistics).FindAllStringSubmatch(steps, -1) {
				if name == "the newest event" && strings.Count(steps, "\n") == 0 {
					continue // one step, from the end, one row
				}
				if name == "who left" && strings.HasPrefix(m[0], "SCAN a") && strings.Contains(steps, "account_left") {
					continue // an index of nobody else
				}
				t.Errorf("%s (statistics: %v) reads all of %s:\n%s", name, statistics, m[1], steps)
			}
		}
	}
}

// A listing of the whole store walks the serials and looks everything else up;
// it neither sorts nor reads a second table through.
func TestListingStreams(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("other"), "X1")
	for _, f := range []report.Filter{{}, {State: token.InStock}, {Manufacturer: "acme"}, {ExpiringBy: time.Unix(1, 0)}} {
		query, args := listed(t, s, f)
		steps := plan(t, s, query, args...)
		if strings.Contains(steps, "TEMP B-TREE") || len(whole.FindAllString(steps, -1)) != 1 {
			t.Errorf("%s:\n%s", f, steps)
		}
	}
}

// An account has few tokens, so whatever else is asked for, they are found by the
// account.
func TestAccountIsNarrowest(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("b"), storetest.Numbered("B", 0, 2000)...)
	others := []report.Filter{{}, {State: token.InStock}, {State: token.Bound}, {State: token.Lost}, {Batch: 1}, {Location: "Bern"},
		{Manufacturer: "acme"}, {ExpiringBy: time.Unix(1, 0)}}
	for _, statistics := range []bool{false, true} {
		if statistics {
			analyze(t, s)
		}
		for _, f := range others {
			f.Account = "anna"
			query, args := listed(t, s, f)
			steps := plan(t, s, query, args...)
			if !strings.Contains(steps, "token_by_account") || scansOf(statistics).MatchString(steps) {
				t.Errorf("%+v (statistics: %v):\n%s", f, statistics, steps)
			}
		}
	}
}

// With a limit, whatever is asked for comes out in its order as it is read: no
// page waits for all the others to be sorted. Sorted are only the tokens of one
// account, and those of a batch that are in a state in which few are.
func TestPagesStream(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("b"), storetest.Numbered("B", 0, 2000)...)
	options := []func(*report.Filter){
		func(f *report.Filter) { f.State = token.InStock }, func(f *report.Filter) { f.State = token.Bound },
		func(f *report.Filter) { f.State = token.Lost }, func(f *report.Filter) { f.Batch = 2 },
		func(f *report.Filter) { f.Location = "Bern" }, func(f *report.Filter) { f.Manufacturer = "ACME" },
		func(f *report.Filter) { f.Model = "one" }, func(f *report.Filter) { f.Type = token.TOTP },
		func(f *report.Filter) { f.ExpiringBy = time.Unix(1, 0) }, func(f *report.Filter) { f.Prefix = "S" },
		func(f *report.Filter) { f.After = "S1" }, func(f *report.Filter) { f.Account = "anna" },
	}
	for set := range 1 << len(options) {
		if bits.OnesCount(uint(set)) > 3 {
			continue // nothing new, and thousands of them
		}
		f := report.Filter{Limit: 50}
		for i, option := range options {
			if set&(1<<i) != 0 {
				option(&f)
			}
		}
		query, args := listed(t, s, f)
		steps := plan(t, s, query, args...)
		few := f.Account != "" || f.Batch != 0 && f.State == token.Lost
		if strings.Contains(steps, "TEMP B-TREE") && !few {
			t.Errorf("%s is sorted:\n%s", f, steps)
		}
		named := f.Account != "" || f.Batch != 0 || f.Prefix != "" || f.After != "" || f.State != "" && f.State != token.InStock
		if whole.MatchString(steps) && named {
			t.Errorf("%s reads everything:\n%s", f, steps)
		}
	}
}

// A pair of conditions reads no more than the narrower of the two: never the
// whole store.
func TestFilterPairs(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("b"), storetest.Numbered("B", 0, 2000)...)
	narrow := map[string]report.Filter{"state": {State: token.Bound}, "batch": {Batch: 1}, "prefix": {Prefix: "S"}}
	for name, f := range narrow {
		for _, add := range []func(*report.Filter){
			func(f *report.Filter) { f.State = token.Lost }, func(f *report.Filter) { f.Batch = 2 },
			func(f *report.Filter) { f.Location = "Bern" }, func(f *report.Filter) { f.Manufacturer = "acme" },
			func(f *report.Filter) { f.ExpiringBy = time.Unix(1, 0) }, func(f *report.Filter) { f.After = "S1" },
		} {
			pair := f
			add(&pair)
			query, args := listed(t, s, pair)
			steps := plan(t, s, query, args...)
			if whole.MatchString(steps) {
				t.Errorf("%s: %+v:\n%s", name, pair, steps)
			}
		}
	}
}

// A report of a million tokens neither sorts nor reads what it was not asked for.
func TestClockPlans(t *testing.T) {
	s := newBoundStore(t)
	storetest.AddBatch(t, s, storetest.NewBatch("b"), storetest.Numbered("B", 0, 2000)...)
	for _, f := range []report.DriftFilter{{}, {Batch: 1}, {Model: "one"}} {
		query, args, err := store.ClockRecords(s, f)
		storetest.Must(t, err)
		steps := plan(t, s, query, args...)
		if strings.Contains(steps, "TEMP B-TREE") || f.Batch != 0 && whole.MatchString(steps) {
			t.Errorf("%+v:\n%s", f, steps)
		}
	}
}
