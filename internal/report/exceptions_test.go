package report

import (
	"crypto/rand"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/token"
	"fob/internal/trail"
)

// trailOf is a store with these events alone.
type trailOf struct {
	fakeReader
	events []trail.Event
}

func (r trailOf) Events(EventFilter) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		var head trail.Head
		for _, e := range r.events {
			entry, err := trail.Append(head, &e)
			if head = (trail.Head{Seq: entry.Seq, Hash: entry.Hash}); !yield(trail.Stored{Entry: entry, Texts: e.Beside}, err) {
				return
			}
		}
	}
}

func event(t *testing.T, by token.Command, change func(*trail.Event), texts ...string) trail.Event {
	t.Helper()
	e := trail.Event{Time: trail.Time{Time: noon}, Operator: token.Operator{Name: "anna"}, Command: by,
		Object: trail.Object{Kind: trail.KindToken, ID: "0007"}, Outcome: trail.Done}
	for i := 0; i < len(texts); i += 2 {
		if err := e.AddText(rand.Reader, texts[i], texts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	change(&e)
	return e
}

func asIs(*trail.Event) {}

func lostAfter(t *testing.T, d time.Duration) func(*trail.Event) {
	return func(e *trail.Event) {
		e.From, e.To = token.Bound, token.Lost
		if err := e.SetDetail(trail.TokenDetail{After: &token.Standing{Loss: token.Loss{Reported: noon.Add(-d)}}}); err != nil {
			t.Fatal(err)
		}
	}
}

func kindsOf(t *testing.T, r Reader, f ExceptionFilter) (kinds []string) {
	t.Helper()
	for x, err := range Exceptions(r, f) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, string(x.Kind)+" "+x.Object)
	}
	return kinds
}

func TestExceptionsOfTheTrail(t *testing.T) {
	refused := func(e *trail.Event) { e.Outcome = trail.Refused }
	r := trailOf{stock(0), []trail.Event{
		event(t, token.CmdBind, asIs, trail.TextAccount, "eva"), // ordinary
		event(t, token.CmdLost, lostAfter(t, LateLoss)),         // in time
		event(t, token.CmdLost, lostAfter(t, LateLoss+time.Second)),
		event(t, token.CmdUnlock, asIs, trail.TextApprover, "Carla"),
		event(t, token.CmdUnlock, refused, trail.TextApprover, "carla"),
		event(t, token.CmdBind, asIs, trail.TextAccount, "eva", trail.TextApprover, `CORP\Anna`),
		event(t, token.CmdRetire, asIs, trail.TextAccount, "carla@example.com", trail.TextApprover, "Carla"),
		event(t, token.CmdPolicySet, func(e *trail.Event) { e.Object = trail.Object{Kind: trail.KindStore, ID: "s"} }),
	}}
	want := []string{
		"lost_late 0007", "override 0007", "approver_is_operator 0007", "override 0007", "approver_is_operator 0007", "override store s",
	}
	if diff := cmp.Diff(want, kindsOf(t, r, ExceptionFilter{Now: noon})); diff != "" {
		t.Error(diff)
	}
	if got := kindsOf(t, r, ExceptionFilter{Now: noon, Kinds: []ExceptionKind{LostLate}}); len(got) != 1 {
		t.Errorf("of one kind: %v", got)
	}
	if got := kindsOf(t, r, ExceptionFilter{Now: noon, Since: noon.Add(1)}); len(got) != 0 {
		t.Errorf("since later: %v", got)
	}
}

func TestExceptionsOfTokens(t *testing.T) {
	fine, expired, locked := anyToken(0), anyToken(3), anyToken(6)
	expired.NotAfter = new(noon.Add(-time.Hour))
	locked.LockedUntil, locked.Failures = new(noon.Add(time.Hour)), 5
	shelf := anyToken(1)
	shelf.NotAfter = expired.NotAfter // expired, but nobody has it
	r := trailOf{list(fine, expired, locked, shelf), nil}
	f := ExceptionFilter{Now: noon}
	r.left = []Leaver{{Account: *locked.Account, Serial: locked.Serial, State: locked.State}}
	want := []string{"expired_bound " + string(expired.Serial), "locked " + string(locked.Serial), "leaver " + string(locked.Serial)}
	if diff := cmp.Diff(want, kindsOf(t, r, f)); diff != "" {
		t.Error(diff)
	}
}
