package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// life is a trail in memory over the tokens of a fake.
type life struct {
	fakeReader
	events []trail.Stored
	now    time.Time
	by     token.Operator
}

func newLife(tokens ...Token) *life {
	return &life{fakeReader: list(tokens...), now: noon, by: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "anna"}}
}

func (l *life) Events(EventFilter) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		for _, e := range l.events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (l *life) Find(serial token.Serial) (Token, error) {
	for i := range l.count {
		if t := l.make(i); t.Serial == serial {
			return t, nil
		}
	}
	return Token{}, fault.Errorf(fault.NotFound, "there is no token %s", serial)
}

func (l *life) Batches() ([]Batch, error) { return l.summary.Batches, nil }

// did writes one event, a minute after the one before it.
func (l *life) did(t *testing.T, e trail.Event, detail any, texts ...string) {
	t.Helper()
	l.now = l.now.Add(time.Minute)
	e.Time, e.Operator = trail.Time{Time: l.now}, l.by
	if e.Outcome == "" {
		e.Outcome = trail.Done
	}
	if err := e.SetDetail(detail); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(texts); i += 2 {
		if err := e.AddText(strings.NewReader(strings.Repeat("s", trail.SaltLen)), texts[i], texts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := trail.Append(trail.Head{Seq: int64(len(l.events))}, &e)
	if err != nil {
		t.Fatal(err)
	}
	l.events = append(l.events, trail.Stored{Entry: entry, Texts: e.Beside})
}

func onToken(by token.Command, serial string) trail.Event {
	return trail.Event{Command: by, Object: trail.Object{Kind: trail.KindToken, ID: serial}}
}

func (l *life) failed(t *testing.T, serial string, n int, until time.Time) {
	t.Helper()
	e := onToken(token.CmdBind, serial)
	e.Outcome, e.Reason = trail.Refused, "wrong_code"
	m := &token.Standing{Failures: n}
	if !until.IsZero() {
		m.LockedUntil = until
	}
	l.did(t, e, trail.TokenDetail{After: m}, trail.TextAccount, "ben")
}

func all[R any](t *testing.T, rows iter.Seq2[R, error]) (found []R) {
	t.Helper()
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, row)
	}
	return found
}

// A lock for good ends with an unlock alone; what number locks is what the policy
// said at the time, and the policy of now says whether it still does.
func TestLockoutForGood(t *testing.T) {
	l := newLife(Token{Serial: "A", Failures: 3, State: token.InStock}, Token{Serial: "B", State: token.Bound})
	set := func(changes ...trail.PolicyChange) {
		l.did(t, trail.Event{Command: token.CmdPolicySet, Object: trail.Object{Kind: trail.KindStore}}, trail.PolicyDetail{Changes: changes})
	}
	set(trail.PolicyChange{Name: "lock-after", New: "2"}, trail.PolicyChange{Name: "lock-for-good", New: "3"})
	for n := 1; n <= 3; n++ {
		until := time.Time{}
		if n == 2 {
			until = l.now.Add(16 * time.Minute)
		}
		l.failed(t, "A", n, until)
	}
	got := all(t, Lockouts(l, LockoutFilter{Now: l.now.AddDate(1, 0, 0)}).Rows)
	if len(got) != 1 || !got[0].LockedNow || got[0].LockedUntil != nil || got[0].Failures != 3 || !got[0].LockedAt.Equal(noon.Add(3*time.Minute)) {
		t.Errorf("%+v", got)
	}
	set(trail.PolicyChange{Name: "lock-for-good", Old: "3"}, trail.PolicyChange{Name: "lock-after", Old: "2"})
	if got = all(t, Lockouts(l, LockoutFilter{Now: l.now}).Rows); got[0].LockedNow || *got[0].Ended != "time" {
		t.Errorf("with the usual policy again: %+v", got)
	}
	// One more, and a right code by somebody else.
	l.by.Name = "ben"
	l.failed(t, "A", 5, l.now.Add(time.Hour))
	l.did(t, onToken(token.CmdResync, "A"), trail.TokenDetail{After: &token.Standing{}})
	got = all(t, Lockouts(l, LockoutFilter{Now: l.now}).Rows)
	want := []Tries{{"anna", 3}, {"ben", 1}}
	if len(got) != 1 || *got[0].Ended != "accepted" || !cmp.Equal(got[0].TriedBy, want) {
		t.Errorf("%+v", got)
	}
	// Failures that lock nothing are no lockout.
	l.failed(t, "B", 1, time.Time{})
	if n := len(all(t, Lockouts(l, LockoutFilter{Now: l.now}).Rows)); n != 1 {
		t.Errorf("%d lockouts", n)
	}
	// A token that is gone.
	l.failed(t, "C", 5, l.now.Add(time.Hour))
	got = all(t, Lockouts(l, LockoutFilter{Now: l.now}).Rows)
	if len(got) != 2 || got[1].LockedNow || *got[1].Ended != "gone" || got[1].State != nil {
		t.Errorf("%+v", got)
	}
	if got = all(t, Lockouts(l, LockoutFilter{Now: l.now, Scope: Scope{Batch: 9}}).Rows); len(got) != 0 {
		t.Errorf("of another batch: %+v", got)
	}
}

// Two losses of one account are replaced by two tokens, the newest loss first; what
// is told of a loss later changes it and is no second one.
func TestLossesReplaced(t *testing.T) {
	l := newLife(Token{Serial: "A", State: token.Lost}, Token{Serial: "B", State: token.Retired}, Token{Serial: "C"}, Token{Serial: "D"})
	lose := func(serial string, from token.State, m token.Standing) {
		e := onToken(token.CmdLost, serial)
		e.From, e.To = from, token.Lost
		l.did(t, e, trail.TokenDetail{After: &m}, trail.TextAccount, "Ben")
	}
	bind := func(serial string) {
		e := onToken(token.CmdBind, serial)
		e.To = token.Bound
		l.did(t, e, trail.TokenDetail{After: &token.Standing{}}, trail.TextAccount, "ben")
	}
	lose("A", token.Bound, token.Standing{})
	lose("B", token.Suspended, token.Standing{Loss: token.Loss{Reported: noon.Add(-time.Hour)}})
	bind("C")
	bind("D")
	lose("A", token.Lost, token.Standing{Loss: token.Loss{Reported: noon.Add(-47 * time.Hour), Stolen: true}})
	gone := onToken(token.CmdRetire, "B")
	gone.From, gone.To = token.Lost, token.Retired
	l.did(t, gone, trail.TokenDetail{After: &token.Standing{SeedDestroyed: true}})
	got := all(t, Losses(l, LossFilter{}).Rows)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	a, b := got[0], got[1]
	if a.Serial != "A" || !a.Stolen || *a.ReplacedBy != "D" || !a.EnteredAt.Equal(noon.Add(time.Minute)) || *a.Hours < 47 || a.FoundAt != nil {
		t.Errorf("%+v", a)
	}
	if *b.ReplacedBy != "C" || b.RetiredAt == nil || b.FoundAt != nil || b.Was != token.Suspended || *b.State != token.Retired {
		t.Errorf("%+v", b)
	}
	if got = all(t, Losses(l, LossFilter{Over: 24 * time.Hour}).Rows); len(got) != 1 || got[0].Serial != "A" {
		t.Errorf("over a day: %+v", got)
	}
}

// Every difference of a batch has a name.
func TestReconcile(t *testing.T) {
	states := map[token.State]int{token.InStock: 90, token.Bound: 5}
	l := newLife()
	l.summary.Batches = []Batch{
		{Number: 1, ID: "b1", Expected: new(110), Records: 105, New: 98, Unchanged: 2, Refused: 5, States: states},
		{Number: 2, ID: "b2", New: 7, States: map[token.State]int{}, WithdrawnAt: new(noon)},
		{Number: 3, ID: "b3", Expected: new(1), New: 2, States: map[token.State]int{token.Lost: 2}},
	}
	imported := func(id string, d trail.ImportDetail) {
		l.did(t, trail.Event{Command: token.CmdImport, Object: trail.Object{Kind: trail.KindBatch, ID: id}}, d)
	}
	imported("b1", trail.ImportDetail{Number: 1, FirstID: 1, LastID: 98})
	imported("b3", trail.ImportDetail{Number: 3, FirstID: 99, LastID: 100, Replaced: []trail.Replaced{{Old: token.Facts{ID: 98}}, {Old: token.Facts{ID: 1}}}})
	got := all(t, Reconcile(l, ReconcileFilter{}).Rows)
	want := [][]string{
		{"5 ordered, and not in the file", "5 refused", "2 exchanged by batch 3", "1 unaccounted for: verify the trail"},
		{"withdrawn on 2026-11-23"},
		{"1 more in the file than were ordered"},
	}
	for i, x := range got {
		if diff := cmp.Diff(want[i], x.Notes); diff != "" {
			t.Errorf("batch %d: %s", x.Batch, diff)
		}
		if x.Imported != x.Tokens+x.Exchanged+x.Withdrawn+x.Lacking || x.Ordered != nil && *x.Ordered != x.Imported+x.Unchanged+x.Refused+*x.Missing {
			t.Errorf("it does not add up: %+v", x)
		}
	}
}

// The slices of one change are one row; what another person approved begins another.
func TestOverridesJoin(t *testing.T) {
	l := newLife()
	correct := func(approver string) {
		l.did(t, trail.Event{Command: token.CmdBatchCorrect, Object: trail.Object{Kind: trail.KindBatch, ID: "b1"}},
			trail.CorrectDetail{Number: 4, Spans: []trail.Span{{Serials: []token.Serial{"A", "B"}, Old: token.Params{Digits: 6}, New: token.Params{Digits: 8}}}},
			trail.TextApprover, approver)
	}
	correct("Eva")
	correct("Eva")
	l.did(t, onToken(token.CmdBind, "X"), trail.TokenDetail{Steps: 3}) // ordinary: between two slices
	correct("Eva")
	correct("Max")
	l.did(t, onToken(token.CmdRetire, "X"), trail.TokenDetail{}, trail.TextApprover, "Max")
	l.did(t, trail.Event{Command: token.CmdImport, Object: trail.Object{Kind: trail.KindBatch, ID: "b2"}},
		trail.ImportDetail{Number: 5, Options: `format=oath-csv model="a compat \" short-seeds b" allow-unauthenticated`})
	var told []string
	for _, x := range all(t, Overrides(l, OverrideFilter{}).Rows) {
		told = append(told, fmt.Sprint(x.Event, " ", x.Events, " ", x.Object, " ", x.Tokens, " ", kindWords(x.Kinds), " ", x.About))
	}
	want := []string{"1 3 batch 4 6 correction digits: 6 → 8", "5 1 batch 4 2 correction digits: 6 → 8", "6 1 X 1 approval ",
		"7 1 batch 5 0 unauthenticated "}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// A token that goes by presses leaves no drift: its resync counts all the same.
func TestUnverifiedPresses(t *testing.T) {
	bound := noon.AddDate(0, 0, -100)
	l := newLife(Token{Serial: "H", State: token.Bound, Account: new("ben"), BoundAt: &bound, StateSince: bound})
	f := UnverifiedFilter{Now: noon, Days: 90}
	held := func() int {
		n := 0
		for _, x := range all(t, f.rows(boundOnly{l})) {
			if n++; x.Days != 100 {
				t.Errorf("%+v", x)
			}
		}
		return n
	}
	if held() != 1 {
		t.Error("it is not told")
	}
	l.now = noon.AddDate(0, 0, -10)
	l.did(t, onToken(token.CmdResync, "H"), trail.TokenDetail{After: &token.Standing{}})
	if held() != 0 {
		t.Error("its resync does not count")
	}
}

// boundOnly selects by state, which the fake does not.
type boundOnly struct{ *life }

func (b boundOnly) Tokens(f Filter) iter.Seq2[Token, error] {
	if f.State != token.Bound {
		return func(func(Token, error) bool) {}
	}
	return b.life.Tokens(f)
}

// A report goes on on a second sheet; an error ends every form of it; a declared
// column is of a kind that cells know.
func TestAnswerForms(t *testing.T) {
	rows := func(n int, fail error) iter.Seq2[Token, error] {
		r := stock(n)
		r.fail = fail
		return r.Tokens(Filter{})
	}
	a := Answer[Token]{Title: "Things", Rows: rows(5, nil), Columns: []sheet.Column[Token]{
		sheet.Col("serial", "Serial", 18, "", func(t *Token) token.Serial { return t.Serial }),
		sheet.Col("at", "At (UTC)", 20, "", func(t *Token) time.Time { return t.StateSince }),
	}}
	var out bytes.Buffer
	origin := anOrigin()
	origin.Limit = 2
	n, _, err := WriteAnswer(&out, stock(0), origin, a)
	if err != nil || n != 5 {
		t.Fatalf("%d rows, %v", n, err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := f.GetSheetList(), []string{"Summary", "Things", "Things 2", "Things 3"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if v, _ := f.GetCellValue("Things 3", "A2"); v != "0000000000004" {
		t.Errorf("the last serial is %q", v)
	}
	a.Rows = rows(1, errors.New("the disk is gone"))
	if _, _, err := WriteAnswer(&out, stock(0), anOrigin(), a); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("a workbook: %v", err)
	}
	if err := sheet.WriteJSON(&out, a.Rows); err == nil {
		t.Error("JSON: no error")
	}
	out.Reset()
	more := false
	if err := sheet.WriteJSON(&out, FirstOf(rows(3, nil), 3, &more)); err != nil || more {
		t.Errorf("%v, more: %v", err, more)
	}
	var got []Token
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != 3 {
		t.Errorf("%v\n%s", err, out.Bytes())
	}
	if n := len(all(t, FirstOf(rows(3, nil), 2, &more))); n != 2 || !more {
		t.Errorf("%d, more: %v", n, more)
	}
	if last := all(t, LastOf(rows(9, nil), 2)); len(last) != 2 || last[1].Serial != "0000000000008" {
		t.Errorf("%+v", last)
	}
}
