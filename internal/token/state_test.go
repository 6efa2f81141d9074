package token_test

import (
	"testing"

	"fob/internal/fault"
	"fob/internal/token"
)

// A binding is open while a token is bound or suspended, and ends when it leaves
// these two states, not when it goes from one to the other.
func TestMovesThatEndABinding(t *testing.T) {
	open := map[token.State]bool{token.Bound: true, token.Suspended: true}
	for _, tr := range token.Transitions() {
		if want := open[tr.From] && !open[tr.To]; tr.Ends != want {
			t.Errorf("%+v: it ends a binding: %v", tr, want)
		}
		if found, err := token.Move(tr.From, tr.By, tr.To); err != nil || found != tr {
			t.Errorf("%+v is found as %+v; %v", tr, found, err)
		}
	}
	if _, err := token.Move(token.Retired, token.CmdBind, token.Bound); fault.KindOf(err) != fault.NotAllowed {
		t.Errorf("a retired token is bound: %v", err)
	}
}
