package trail_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

// problems verifies a trail of some events.
func problems(t *testing.T, events ...*trail.Event) []string {
	t.Helper()
	var all []trail.Stored
	head := trail.Head{}
	for _, e := range events {
		entry, err := trail.Append(head, e)
		if err != nil {
			t.Fatal(err)
		}
		head = trail.Head{Seq: entry.Seq, Hash: entry.Hash}
		all = append(all, trail.Stored{Entry: entry, Texts: e.Beside})
	}
	r, err := trail.VerifyStore(storeID, each(all), noTables{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Problems
}

func saysProblem(t *testing.T, found []string, words string) {
	t.Helper()
	if !slices.ContainsFunc(found, func(p string) bool { return strings.Contains(p, words) }) {
		t.Errorf("%q does not say %q", found, words)
	}
}

// A command on an object that it never has is no event of fob's.
func TestCommandsHaveTheirObjects(t *testing.T) {
	for _, c := range []struct {
		command token.Command
		kind    string
		words   string
	}{
		{token.CmdInit, trail.KindToken, `"init" is about a store, not about a token`},
		{token.CmdImport, trail.KindStore, `"import" is about a batch, not about a store`},
		{token.CmdClockAccept, trail.KindToken, `"clock accept" is about a store, not about a token`},
		{token.CmdIdentify, trail.KindToken, `"identify" is about a store, not about a token`},
		{token.CmdBind, trail.KindBatch, `"bind" is about a token, not about a batch`},
		{token.CmdBind, trail.KindStore, `a claim of no token says more than that it was refused`},
	} {
		e := event(t, c.command)
		e.Object.Kind = c.kind
		saysProblem(t, problems(t, e), c.words)
	}
}

// A search that contradicts itself is not passed over.
func TestSearches(t *testing.T) {
	for words, c := range map[string]struct {
		outcome trail.Outcome
		detail  trail.SearchDetail
	}{
		"found 0 tokens, names 0 and ends as done":    {trail.Done, trail.SearchDetail{}},
		"found 1 tokens, names 0 and ends as refused": {trail.Refused, trail.SearchDetail{Found: 1}},
		"found 1 tokens, names 2 and ends as done":    {trail.Done, trail.SearchDetail{Found: 1, Serials: []token.Serial{"A", "B"}}},
	} {
		e := event(t, token.CmdIdentify)
		e.Object, e.Outcome = trail.Object{Kind: trail.KindStore, ID: storeID.String()}, c.outcome
		if err := e.SetDetail(c.detail); err != nil {
			t.Fatal(err)
		}
		saysProblem(t, problems(t, e), words)
	}
}

// An import that replaces a token which no import brought is not passed over.
func TestReplacedFromNowhere(t *testing.T) {
	e := event(t, token.CmdImport)
	e.Object = trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()}
	old := token.Facts{ID: 41, Serial: "S41"}
	d := trail.ImportDetail{Number: 1, FirstID: 41, LastID: 42, Replaced: []trail.Replaced{{Old: old, New: old}}}
	if err := e.SetDetail(d); err != nil {
		t.Fatal(err)
	}
	saysProblem(t, problems(t, e), "event 1: it replaces token S41 (id 41), which no import before it brought")
}

// A token of which codes were tried neither leaves nor is replaced: its used codes would
// count again when it comes back.
func TestTriedTokensStay(t *testing.T) {
	old := token.Facts{ID: 41, Serial: "S41"}
	make := func(by token.Command, on trail.Object, detail any) *trail.Event {
		e := event(t, by)
		if e.Object = on; e.SetDetail(detail) != nil {
			t.Fatal("no detail")
		}
		return e
	}
	batch, one := trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()}, trail.Object{Kind: trail.KindToken, ID: "S41"}
	for words, after := range map[string]token.Standing{
		"refused":  {State: token.InStock, Failures: 1},
		"accepted": {State: token.InStock, Watermark: token.MarkAt(7)},
	} {
		for _, leave := range []*trail.Event{
			make(token.CmdBatchWithdraw, batch, trail.WithdrawDetail{Number: 1, Tokens: []token.Facts{old}}),
			make(token.CmdImport, trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()},
				trail.ImportDetail{Number: 2, FirstID: 42, LastID: 42, Replaced: []trail.Replaced{{Old: old, New: old}}}),
		} {
			tried := make(token.CmdCheck, one, trail.TokenDetail{Codes: 1, After: &after})
			tried.From, tried.To, tried.Outcome = token.InStock, token.InStock, trail.Refused
			found := problems(t, make(token.CmdImport, batch, trail.ImportDetail{Number: 1, FirstID: 41, LastID: 41, New: 1}), tried, leave)
			saysProblem(t, found, "event 3: token S41 was given out or tried before")
			if t.Failed() {
				t.Fatal(words)
			}
		}
	}
}

// An event says which drifts were measured of its token up to it: a command looks at the
// newest alone.
func TestEventsTellTheDrifts(t *testing.T) {
	measured := token.Observation{At: began, Drift: -1.5}
	right, wrong := trail.Drifts{}.With(measured).String(), trail.Drifts{}.With(token.Observation{At: began, Drift: 1.5}).String()
	for _, c := range []struct{ first, second, words string }{
		{"", right, "event 2: the drifts that it says were measured"},
		{right, wrong, "event 3: the drifts that it says were measured"},
		{right, right, ""},
	} {
		all := []*trail.Event{event(t, token.CmdImport), event(t, token.CmdCheck), event(t, token.CmdCheck)}
		all[0].Object = trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()}
		all[1].Drifts, all[2].Drifts, all[2].Last = c.first, c.second, 2
		after := &token.Standing{Watermark: token.MarkAt(9)}
		for i, detail := range []any{trail.ImportDetail{Number: 1, FirstID: 41, LastID: 41, New: 1},
			trail.TokenDetail{Codes: 1, After: after, Observation: &measured}, trail.TokenDetail{Codes: 1, After: after}} {
			if all[i].Outcome = trail.Done; i > 0 {
				all[i].Object.ID, all[i].From, all[i].To = "S41", token.InStock, token.InStock
			}
			if err := all[i].SetDetail(detail); err != nil {
				t.Fatal(err)
			}
		}
		found := problems(t, all...)
		if c.words != "" {
			saysProblem(t, found, c.words)
		} else if slices.ContainsFunc(found, func(p string) bool { return strings.HasPrefix(p, "event ") }) {
			t.Errorf("%q", found)
		}
	}
}

// JSON would put another character in the place of what is no UTF-8, and verify
// would fail for ever.
func TestOnlyTextIsAppended(t *testing.T) {
	const bad = "Z\xfcrich"
	for name, change := range map[string]func(*trail.Event) error{
		"a field":        func(e *trail.Event) error { e.Host = bad; return nil },
		"a field within": func(e *trail.Event) error { e.Operator.Name = bad; return nil },
		"a text beside":  func(e *trail.Event) error { e.Beside[0].Text = bad; return nil },
		"a key":          func(e *trail.Event) error { e.Texts[bad] = ""; return nil },
		"a detail":       func(e *trail.Event) error { return e.SetDetail(trail.ImportDetail{File: bad}) },
		"a detail's list": func(e *trail.Event) error {
			return e.SetDetail(&trail.ImportDetail{Replaced: []trail.Replaced{{}, {New: token.Facts{Profile: token.Profile{Model: bad}}}}})
		},
	} {
		e := event(t, token.CmdBind)
		err := change(e)
		if err == nil {
			_, err = trail.Append(trail.Head{}, e)
		}
		if err == nil || !strings.Contains(err.Error(), "is not text") {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := event(t, token.CmdBind)
	e.Host = "Zürich \uFFFD" // that character itself is text
	if _, err := trail.Append(trail.Head{}, e); err != nil {
		t.Error(err)
	}
}
