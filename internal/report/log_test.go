package report

import (
	"testing"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// findingLife is a life whose tokens can be looked up.
type findingLife struct{ *life }

func (l findingLife) Find(s token.Serial) (Token, error) {
	for t, err := range l.Tokens(Filter{}) {
		if err != nil || t.Serial.Key() == s.Key() {
			return t, err
		}
	}
	return Token{}, fault.Errorf(fault.NotFound, "there is no token %s", s)
}

// A delivery of many tokens names ids alone, and is found by the serial all the same.
func TestLogOfDeliveredToken(t *testing.T) {
	l := findingLife{newLife(Token{Serial: "A", ID: 7}, Token{Serial: "B", ID: 90})}
	to := func(id string) trail.Event {
		return trail.Event{Command: token.CmdProvision, Object: trail.Object{Kind: trail.KindDelivery, ID: id}}
	}
	l.did(t, to("many"), trail.DeliveryDetail{Verifier: "duo", Tokens: 50, IDs: trail.IDRanges{{First: 1, Last: 50}}, Files: []trail.DeliveredFile{{Name: "B.csv"}}})
	l.did(t, to("one"), trail.DeliveryDetail{Verifier: "duo", Tokens: 1, IDs: trail.IDRanges{{First: 90, Last: 90}}, Serials: []token.Serial{"B"}})
	l.did(t, trail.Event{Command: token.CmdVerifierDone, Object: trail.Object{Kind: trail.KindVerifier, ID: "duo"}}, trail.EndedDetail{IDs: trail.IDRanges{{First: 2, Last: 7}}})
	for serial, want := range map[token.Serial][]int64{"A": {1, 3}, "b": {2}, "C": nil} {
		var got []int64
		for e, err := range Log(l, EventFilter{Serial: serial}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Seq)
		}
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] || len(got) > 1 && got[1] != want[1] {
			t.Errorf("events of %s: %v, want %v", serial, got, want)
		}
	}
}
