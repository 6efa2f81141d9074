package report

import (
	"encoding/json"
	"fmt"
	"time"

	"fob/internal/otp"
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
	limit  int
	by     map[token.Operator]*guesses
	claims map[token.Operator]*claims
}

// claims are the serials that somebody tried to bind within a day, and that are not
// theirs: who finds out so which serials there are has more than one token in hand.
type claims struct {
	since   time.Time
	serials map[string]bool
	told    bool
}

// claimsLooked is how many serials that takes: fewer are mistyped.
const (
	claimsLooked = 5
	claimsSpan   = 24 * time.Hour
)

func newGuessing(r Reader) (g guessing, err error) {
	set, err := r.Policy()
	if err != nil {
		return g, err
	}
	p, err := token.ParsePolicy(set)
	return guessing{p.Refusals, map[token.Operator]*guesses{}, map[token.Operator]*claims{}}, err
}

// look takes the next event; it returns an exception when the limit is reached.
func (g guessing) look(e Event) (*Exception, error) {
	if e.Reason == string(otp.NotTheirs) || e.Reason == string(otp.NoSuchToken) {
		return g.claimed(e), nil
	}
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
	return e.ofOperator("%d codes refused within an hour, of %d tokens", mine.N, len(mine.tokens)), nil
}

// claimed takes a claim of a token that is not theirs, or is none.
func (g guessing) claimed(e Event) *Exception {
	who, at := token.Operator{Kind: e.Operator.Kind, ID: e.Operator.ID}, e.Time.UTC()
	mine := g.claims[who]
	if mine == nil || at.Sub(mine.since) > claimsSpan {
		mine = &claims{since: at, serials: map[string]bool{}}
		g.claims[who] = mine
	}
	serial := e.Object.ID
	if e.Object.Kind == trail.KindStore {
		serial = e.Texts[trail.TextSerial] // one that was erased was one too
		if typed := e.Plain[trail.TextSerial]; typed != "" {
			serial = typed
		}
	}
	mine.serials[token.Serial(serial).Key()] = true
	if mine.told || len(mine.serials) < claimsLooked {
		return nil
	}
	mine.told = true
	return e.ofOperator("%d serials tried within a day that are not theirs", len(mine.serials))
}

func (e Event) ofOperator(format string, args ...any) *Exception {
	x := e.exception(ManyRefusals, fmt.Sprintf(format, args...))
	x.Object, x.State, x.Account, x.Approver, x.Reason = "operator "+e.Operator.Name, nil, nil, nil, nil
	return &x
}
