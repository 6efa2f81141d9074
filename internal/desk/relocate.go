package desk

import (
	"context"
	"errors"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// PlaceReader knows the places.
type PlaceReader interface {
	// Locations lists the names of all places, in no order.
	Locations() ([]string, error)
	// ClosedLocations lists those of them that are closed.
	ClosedLocations() ([]string, error)
	// TokensAt lists the tokens that are recorded at a place or within it, but for
	// those that are lost or retired.
	TokensAt(name string) ([]Placed, error)
}

// PlaceWriter writes where tokens are.
type PlaceWriter interface {
	SaveLocation(tokenID int64, name string) error
	// SavePlace writes since when a place is closed, and makes it where it is not
	// there; the zero time opens it.
	SavePlace(name string, closed time.Time) error
}

// Relocation is a request to move tokens to another place. Their states stay.
type Relocation struct {
	Serials []token.Serial
	To      string
	New     bool // the place may be one that is not known yet
	Words
	Progress func(done, all int) // may be nil
}

// Relocated is what became of it. Its JSON names are kept for good.
type Relocated struct {
	Location string         `json:"location"`
	Moved    []token.Serial `json:"moved"`
	There    []token.Serial `json:"already_there"` // no event: they were there before
	Held     []token.Serial `json:"with_people"`   // of those that were moved
}

// Relocate moves tokens from place to place, one event each. All are looked at
// before anything is done, so that one wrong serial moves none. Then they go in
// transactions of moveSize, for which the desk waits one at a time; each is whole
// in itself, and after an interruption the same request goes on where it stopped.
// What was moved before an error is in the result.
func (d *Desk) Relocate(ctx context.Context, r Relocation) (res Relocated, err error) {
	res = Relocated{Moved: []token.Serial{}, There: []token.Serial{}, Held: []token.Serial{}}
	err = d.Store.View(ctx, func(reader Reader) error {
		if err := Demand(reader, token.CmdMove, r.Words); err != nil {
			return err
		}
		if res.Location, err = findLocation(reader, r.To, r.New); err != nil {
			return err
		}
		r.To = res.Location
		return eachMovable(reader, r.Serials, func(token.Token) error { return nil })
	})
	for rest := r.Serials; err == nil && len(rest) > 0; {
		n := min(moveSize, len(rest))
		err = d.relocateSlice(ctx, rest[:n], r, &res)
		rest = rest[n:]
		if r.Progress != nil {
			r.Progress(len(r.Serials)-len(rest), len(r.Serials))
		}
	}
	if err != nil && len(res.Moved) > 0 {
		err = fault.Wrap(fault.KindOf(err), err, "%d tokens were moved before", len(res.Moved)).
			WithHint("that stands; the same command moves the others")
	}
	return res, err
}

// moveSize is how many tokens one transaction moves: 2,000 take about half a
// second.
const moveSize = 2000

func (d *Desk) relocateSlice(ctx context.Context, serials []token.Serial, r Relocation, res *Relocated) error {
	var moved, there, held []token.Serial
	err := d.Store.Update(ctx, func(tx Tx) error {
		moved, there, held = nil, nil, nil
		if err := Demand(tx, token.CmdMove, r.Words); err != nil {
			return err
		}
		return eachMovable(tx, serials, func(t token.Token) error {
			if t.Location == r.To {
				there = append(there, t.Serial)
				return nil
			}
			if moved = append(moved, t.Serial); t.Account != "" {
				held = append(held, t.Serial)
			}
			return d.relocate(tx, t, r)
		})
	})
	if err == nil {
		res.Moved, res.There, res.Held = append(res.Moved, moved...), append(res.There, there...), append(res.Held, held...)
	}
	return err
}

func (d *Desk) relocate(tx Tx, t token.Token, r Relocation) error {
	if err := tx.Vouch(t.ID); err != nil {
		return err
	}
	r.Account = t.Account
	e, err := d.tokenEvent(token.CmdMove, t, r.Words)
	if err != nil {
		return err
	}
	before := t.Location
	t.Location = r.To
	if err := tx.SaveLocation(t.ID, t.Location); err != nil {
		return err
	}
	e.To = t.State
	return trail.Record(tx, e, trail.TokenDetail{After: new(t.Standing), MovedFrom: &before})
}

// eachMovable reads tokens and refuses those that have no place: nobody knows where
// a lost one is, and a retired one is no more.
func eachMovable(r Reader, serials []token.Serial, do func(token.Token) error) error {
	seen := map[int64]bool{} // a token may be named in two ways
	for _, serial := range serials {
		t, err := r.Token(serial)
		if err != nil {
			return unmoved(err)
		}
		switch {
		case seen[t.ID]:
			continue
		case t.State == token.Lost:
			return fault.Errorf(fault.NotAllowed, "token %s is lost; nothing was moved", t.Serial).
				WithHint("if it is in hand, %s first", fault.Do(token.CmdFound, t.Serial))
		case t.State == token.Retired:
			return fault.Errorf(fault.NotAllowed, "token %s is retired; nothing was moved", t.Serial).
				WithHint("its life is over: it has no place any more")
		}
		seen[t.ID] = true
		if err := do(t); err != nil {
			return err
		}
	}
	return nil
}

func unmoved(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.NotFound {
		return err
	}
	return fault.Errorf(e.Kind, "%s; nothing was moved", e.Error()).WithAdvice(e.Advice)
}

// findLocation returns a place as it is spelled in the store; one that is not known
// is refused, unless it may be new.
func findLocation(r PlaceReader, name string, mayBeNew bool) (string, error) {
	names, err := r.Locations()
	if err != nil {
		return "", err
	}
	known := token.KnownLocations(names)
	spelled, ok := known.Find(name)
	if ok || mayBeNew {
		return spelled, CheckOpen(r, spelled)
	}
	return "", known.Unknown(name)
}
