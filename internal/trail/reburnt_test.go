package trail_test

import (
	"testing"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

// A serial passes to another seed only from a token that was retired, with a second
// person's word, and never back to the seed that it had.
func TestReburnt(t *testing.T) {
	old := token.Facts{ID: 41, Serial: "S41", Fingerprint: 7}
	fresh := token.Facts{ID: 42, Serial: "s41", Fingerprint: 8}
	right := trail.Reburnt{Old: old, Former: "S41~1", New: fresh}
	for _, c := range []struct {
		words    string // empty: nothing is wrong
		state    token.State
		approver string
		change   func(*trail.Reburnt)
	}{
		{"", token.Retired, "Eva", func(*trail.Reburnt) {}},
		{"token S41 is burnt anew, and was not retired before", token.Quarantined, "Eva", func(*trail.Reburnt) {}},
		{"it burns tokens anew without a second person", token.Retired, "", func(*trail.Reburnt) {}},
		{"it says that token S41 was burnt anew, and the seed is the same", token.Retired, "Eva", func(r *trail.Reburnt) { r.New.Fingerprint = 7 }},
		{"it burns token S41 anew, and calls it S40~1 and s41", token.Retired, "Eva", func(r *trail.Reburnt) { r.Former = "S40~1" }},
		{"it burns token S41 anew, and calls it S41 and s41", token.Retired, "Eva", func(r *trail.Reburnt) { r.Former = "S41" }},
		{"it burns token S41 anew, and calls it S41~1 and S43", token.Retired, "Eva", func(r *trail.Reburnt) { r.New.Serial = "S43" }},
		{"it burns token S41 (id 40) anew, which no import before it brought", token.Retired, "Eva", func(r *trail.Reburnt) { r.Old.ID = 40 }},
		{"the new life of token S41 is not of its batch", token.Retired, "Eva", func(r *trail.Reburnt) { r.New.ID = 43 }},
	} {
		first := event(t, token.CmdImport)
		first.Object = trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()}
		if err := first.SetDetail(trail.ImportDetail{Number: 1, FirstID: 41, LastID: 41, New: 1}); err != nil {
			t.Fatal(err)
		}
		end := event(t, token.CmdRetire)
		end.Object, end.From, end.To, end.Outcome = trail.Object{Kind: trail.KindToken, ID: "S41"}, token.InStock, c.state, trail.Done
		if err := end.SetDetail(trail.TokenDetail{After: &token.Standing{SeedDestroyed: true}}); err != nil {
			t.Fatal(err)
		}
		r := right
		c.change(&r)
		anew := event(t, token.CmdImport)
		anew.Texts, anew.Beside = nil, nil
		if err := anew.AddText(random{}, trail.TextApprover, c.approver); err != nil {
			t.Fatal(err)
		}
		anew.Object = trail.Object{Kind: trail.KindBatch, ID: uuid.NewString()}
		if err := anew.SetDetail(trail.ImportDetail{Number: 2, FirstID: 42, LastID: 42, New: 1, Reburnt: []trail.Reburnt{r}}); err != nil {
			t.Fatal(err)
		}
		found := problems(t, first, end, anew)
		for _, p := range found {
			if c.words == "" && len(p) > 8 && p[:8] == "event 3:" {
				t.Errorf("%q of a life that begins as it should", p)
			}
		}
		if c.words != "" {
			saysProblem(t, found, "event 3: "+c.words)
		}
	}
}

type random struct{}

func (random) Read(b []byte) (int, error) { clear(b); return len(b), nil }
