package report

import (
	"encoding/json"
	"fmt"

	"fob/internal/token"
	"fob/internal/trail"
)

// guesses are the refused codes of one operator within an hour.
type guesses struct {
	token.Refusals
	tokens map[string]bool
	told   bool
}

// guessing finds operators so many of whose codes were refused within an hour that they
// needed a second person: who guesses at many tokens locks none of them.
type guessing struct {
	limit int
	by    map[token.Operator]*guesses
}

func newGuessing(r Reader) (g guessing, err error) {
	set, err := r.Policy()
	if err != nil {
		return g, err
	}
	p, err := token.ParsePolicy(set)
	return guessing{p.Refusals, map[token.Operator]*guesses{}}, err
}

// look takes the next event; it returns an exception when the limit is reached.
func (g guessing) look(e Event) (*Exception, error) {
	if len(e.Detail) == 0 || e.Object.Kind != trail.KindToken || e.Reason == trail.ReasonAllOrNothing {
		return nil, nil
	}
	var d trail.TokenDetail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	who := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}
	mine := g.by[who]
	if mine != nil && d.TakenBack && e.Outcome == trail.Done {
		mine.Refusals = mine.TakenBack(e.Time.UTC())
	}
	if d.After == nil || e.Outcome != trail.Refused {
		return nil, nil
	}
	if at := e.Time.UTC(); mine == nil || mine.At(at).N == 0 {
		mine = &guesses{tokens: map[string]bool{}}
		g.by[who] = mine
	}
	mine.Refusals = mine.Refused(e.Time.UTC())
	mine.tokens[token.Serial(e.Object.ID).Key()] = true
	if mine.told || mine.N < g.limit {
		return nil, nil
	}
	mine.told = true
	x := e.exception(ManyRefusals, fmt.Sprintf("%d codes refused within an hour, of %d tokens", mine.N, len(mine.tokens)))
	x.Object, x.State, x.Account, x.Approver, x.Reason = "operator "+e.Operator.Name, nil, nil, nil, nil
	return &x, nil
}
