package app_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/report/past"
	"fob/internal/token"
	"fob/internal/trail"
	"fob/tools/life"
)

// moment is a store as it was exported then.
type moment struct {
	at       time.Time
	csv      string
	bindings string
	summary  string
}

func seen(l *life.Life, f report.Filter, at time.Time) (m moment, err error) {
	err = l.Read(func(r report.Reader) error {
		if !at.IsZero() {
			if r, err = past.AsOf(r, at); err != nil {
				return err
			}
		}
		var out bytes.Buffer
		if _, err := export.WriteCSV(&out, r, export.Export{Filter: f}); err != nil {
			return err
		}
		s, err := r.Summary()
		if err != nil {
			return err
		}
		for i := range s.Batches {
			b := &s.Batches[i]
			m.summary += fmt.Sprintf("%d %s %v %v %v %v %v %d %d\n", b.Number, b.File, b.States, str(b.Expected), str(b.Received), str(b.QuarantinedAt), str(b.WithdrawnAt), b.Records, b.New)
		}
		if m.bindings, err = bindingsOf(r, f); err != nil {
			return err
		}
		policy, err := r.Policy()
		if err != nil {
			return err
		}
		drift, err := driftOf(r)
		m.at, m.csv = l.Now, out.String()
		m.summary += fmt.Sprint(s.Tokens, s.States, s.Head, policy, drift)
		return err
	})
	return m, err
}

// driftOf is what is told of clocks, outliers included.
func driftOf(r report.Reader) (string, error) {
	d, err := report.ReadDrift(r, report.DriftFilter{Outliers: 100})
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(d)
	return string(text), err
}

// bindingsOf writes bindings as rows of which the account is the fourth field, and
// texts that an erasure takes have a head.
func bindingsOf(r report.Reader, f report.Filter) (string, error) {
	rows := []string{`"serial","opened","closed","account","bound_proof","bound_ticket","bound_approver","by","codes","id"`}
	for b, err := range r.Bindings(f) {
		if err != nil {
			return "", err
		}
		rows = append(rows, fmt.Sprintf("%q,%q,%q,%q,%q,%q,%q,%q,%d,%q", b.Serial, b.OpenedAt, fmt.Sprint(str(b.ClosedAt)), b.Account,
			b.Proof, b.Ticket, *cmp.Or(b.Approver, new("")), b.By, b.Codes, b.ID))
	}
	return strings.Join(rows, "\r\n"), nil
}

func str[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// What the trail says of a moment is what was exported in that moment, cell by
// cell; only who was erased since has another name.
func TestAsOfIsWhatWas(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l, err := life.Begin(t.TempDir(), seed)
			if err != nil {
				t.Fatal(err)
			}
			defer l.End()
			var moments []moment
			for range 150 {
				if err := l.Step(); err != nil {
					t.Fatal(err)
				}
				m, err := seen(l, report.Filter{}, time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				moments = append(moments, m)
			}
			if r, err := l.Config.VerifyTrail(bg, nil); err != nil || !r.OK() || len(r.Erased) != l.Erased() {
				t.Fatalf("%v %q", err, r.Problems)
			}
			t.Logf("lived: %v", l.Done)
			for i, m := range moments {
				then, err := seen(l, report.Filter{}, m.at)
				if err != nil {
					t.Fatalf("step %d, %v: %v", i, m.at, err)
				}
				if then.summary != m.summary {
					t.Fatalf("step %d, %v:\n%s\nnot\n%s", i, m.at, then.summary, m.summary)
				}
				compareRows(t, m.csv, then.csv)
				compareRows(t, m.bindings, then.bindings)
			}
		})
	}
}

// compareRows holds two exports against each other; names that were erased since
// are the same for each name.
func compareRows(t *testing.T, then, told string) {
	t.Helper()
	was, is := strings.Split(then, "\r\n"), strings.Split(told, "\r\n")
	if len(was) != len(is) {
		t.Fatalf("%d rows, not %d", len(is), len(was))
	}
	names, erased := map[string]string{}, []int{}
	for i, name := range strings.Split(was[0], ",") {
		switch name {
		case `"bound_proof"`, `"bound_ticket"`, `"bound_approver"`:
			erased = append(erased, i)
		}
	}
	for i := range was {
		if was[i] == is[i] {
			continue
		}
		a, b := strings.Split(was[i], ","), strings.Split(is[i], ",")
		const account = 3
		if strings.HasPrefix(b[account], `"erased-`) && (names[b[account]] == "" || strings.EqualFold(names[b[account]], a[account])) {
			names[b[account]] = a[account]
			a[account] = b[account]
			for _, text := range erased {
				if b[text] == `""` {
					a[text] = b[text]
				}
			}
		}
		if !slices.Equal(a, b) {
			t.Fatalf("told\n%s\nnot\n%s", is[i], was[i])
		}
	}
}

// The same filter selects the same, told from the tables or from the trail.
func TestAsOfSelects(t *testing.T) {
	l, err := life.Begin(t.TempDir(), 7)
	if err != nil {
		t.Fatal(err)
	}
	defer l.End()
	for range 120 {
		if err := l.Step(); err != nil {
			t.Fatal(err)
		}
	}
	filters := []report.Filter{{Batch: 1}, {Batch: 99}, {State: token.Bound}, {State: token.InStock, Location: "Rom"}, {Account: "PERSON3@example.com"},
		{Manufacturer: "acme"}, {Model: "C200", Type: token.HOTP}, {Prefix: "fob"}, {Prefix: "00", Limit: 2}, {After: "fb500000", Limit: 3},
		{Batch: 2, Limit: 2}, {ExpiringBy: l.Now}, {Location: "nowhere"}}
	some := 0
	for _, f := range filters {
		now, err := seen(l, f, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		then, err := seen(l, f, l.Now)
		if err != nil {
			t.Fatal(err)
		}
		if now.csv != then.csv {
			t.Errorf("%v:\n%s\nnot\n%s", f, then.csv, now.csv)
		}
		if now.bindings != then.bindings {
			t.Errorf("%v:\n%s\nnot\n%s", f, then.bindings, now.bindings)
		}
		if strings.Count(now.csv, "\n") > 1 {
			some++
		}
	}
	if some < 8 {
		t.Errorf("only %d filters selected anything", some)
	}
	first := ""
	for _, f := range []report.Filter{{Limit: 3}, {Batch: 1, Limit: 2}} { // the pages of a listing
		now, err := seen(l, f, l.Now)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(now.csv, "\r\n")
		first = strings.Trim(strings.Split(lines[len(lines)-2], ",")[0], `"'`)
		f.After = token.Serial(first)
		page, err := seen(l, f, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if told, err := seen(l, f, l.Now); err != nil || told.csv != page.csv {
			t.Errorf("behind %s: %v\n%s\nnot\n%s", first, err, told.csv, page.csv)
		}
	}
	if _, err := seen(l, report.Filter{}, time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)); fault.KindOf(err) != fault.Usage {
		t.Errorf("before the store: %v", err)
	}
}

// Of a trail that names more tokens than are kept at once the same is told.
func TestFoldInSpans(t *testing.T) {
	l, err := life.Begin(t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer l.End()
	live(t, l, 60)
	middle := l.Now
	live(t, l, 60)
	filters := []report.Filter{{}, {Batch: 1}, {State: token.Bound}}
	var whole []moment
	look := func(found *[]moment) {
		for _, f := range filters {
			m, err := seen(l, f, middle)
			if err != nil {
				t.Fatal(err)
			}
			*found = append(*found, m)
		}
	}
	look(&whole)
	defer func(n int) { trail.MostKept = n }(trail.MostKept)
	trail.MostKept = 1000
	var parts []moment
	look(&parts)
	if !slices.Equal(whole, parts) {
		t.Errorf("%+v\nnot\n%+v", parts, whole)
	}
	if r, err := l.Config.VerifyTrail(bg, nil); err != nil || !r.OK() {
		t.Errorf("%v %q", err, r.Problems)
	}
}
