package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// A place that is closed keeps its name, since the past names it: nothing more comes
// there, nor to what lies within it. One that is renamed is closed, and its tokens move
// to the other, in events that say so. So what was said of it before stays true.

// Placed is a token with where it is recorded.
type Placed struct {
	Serial   token.Serial
	State    token.State
	Location string
}

// PlaceChange is a request about one place.
type PlaceChange struct {
	Name string
	To   string // rename: what it is called from then on
	Words
	Progress func(done, all int) // may be nil
}

// ChangedPlace is what became of it.
type ChangedPlace struct {
	Location  string         `json:"location"`
	Closed    bool           `json:"closed"`
	RenamedTo *string        `json:"renamed_to"`
	Moved     []token.Serial `json:"moved"`
}

// ClosedPlaces lists the places that are closed.
func (d *Desk) ClosedPlaces(ctx context.Context) (names []string, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		names, err = r.ClosedLocations()
		return err
	})
	return names, err
}

// CheckOpen refuses a place that is closed, or lies within one that is.
func CheckOpen(r PlaceReader, name string) error {
	closed, err := r.ClosedLocations()
	if err != nil {
		return err
	}
	for _, c := range closed {
		if token.LocationWithin(token.LocationKey(name), token.LocationKey(c)) {
			return fault.Errorf(fault.NotAllowed, "the place %s is closed: nothing more comes there", c).
				WithHint("name another place; %s opens it again", fault.Do(token.CmdLocationOpen, c))
		}
	}
	return nil
}

// ClosePlace closes a place where nothing lies any more.
func (d *Desk) ClosePlace(ctx context.Context, c PlaceChange) (res ChangedPlace, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		name, closed, err := knownPlace(tx, c.Name)
		if err != nil {
			return err
		}
		if closed {
			return fault.Errorf(fault.NotAllowed, "the place %s is closed already", name)
		}
		all, err := tx.TokensAt(name)
		if err != nil {
			return err
		}
		lie := slices.DeleteFunc(all, func(p Placed) bool { return p.State != token.InStock && p.State != token.Quarantined })
		if len(lie) > 0 {
			return fault.Errorf(fault.NotAllowed, "the place %s cannot be closed: token %s lies there, of %d", name, lie[0].Serial, len(lie)).
				WithHint("move them first: %s", fault.Do(token.CmdMove, "SERIAL", fault.SendTo.Is("PLACE")))
		}
		res = ChangedPlace{Location: name, Closed: true, Moved: []token.Serial{}}
		return d.changePlace(tx, token.CmdLocationClose, name, "", c.Words)
	})
	return res, err
}

// OpenPlace opens a closed place again.
func (d *Desk) OpenPlace(ctx context.Context, c PlaceChange) (res ChangedPlace, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		name, closed, err := knownPlace(tx, c.Name)
		if err != nil {
			return err
		}
		if !closed {
			return fault.Errorf(fault.NotAllowed, "the place %s is open", name)
		}
		res = ChangedPlace{Location: name, Moved: []token.Serial{}}
		return d.changePlace(tx, token.CmdLocationOpen, name, "", c.Words)
	})
	return res, err
}

// RenamePlace renames a place and what lies within it. After an
// interruption the same request moves the rest of its tokens.
func (d *Desk) RenamePlace(ctx context.Context, c PlaceChange) (res ChangedPlace, err error) {
	var from string
	var tokens []Placed
	err = d.Store.Update(ctx, func(tx Tx) error {
		name, closed, err := knownPlace(tx, c.Name)
		if err != nil {
			return err
		}
		from = name
		names, err := tx.Locations()
		if err != nil {
			return err
		}
		to, there := token.KnownLocations(names).Find(c.To)
		a, b := token.LocationKey(from), token.LocationKey(to)
		switch {
		case token.LocationWithin(a, b) || token.LocationWithin(b, a):
			return fault.Errorf(fault.Usage, "%s cannot be called %s: one lies within the other", from, to)
		case closed && !there:
			return fault.Errorf(fault.NotAllowed, "the place %s is closed", from).WithHint("%s opens it again", fault.Do(token.CmdLocationOpen, from))
		case there && !closed:
			return fault.Errorf(fault.NotAllowed, "there is a place %s already", to).
				WithHint("move the tokens there, and then close this one: %s", fault.Do(token.CmdLocationClose, from))
		}
		if err := CheckOpen(tx, to); err != nil {
			return err
		}
		if tokens, err = tx.TokensAt(from); err != nil {
			return err
		}
		c.To = to
		res = ChangedPlace{Location: from, Closed: true, RenamedTo: &to, Moved: []token.Serial{}}
		if there { // it was broken off
			return nil
		}
		within := slices.DeleteFunc(append(names, from), func(n string) bool { return !token.LocationWithin(token.LocationKey(n), a) })
		slices.Sort(within)
		for _, n := range slices.Compact(within) {
			if err := d.changePlace(tx, token.CmdLocationRename, n, renamed(n, from, to), c.Words); err != nil {
				return err
			}
		}
		return nil
	})
	for at := 0; err == nil && at < len(tokens); {
		end := at + 1
		for end < len(tokens) && tokens[end].Location == tokens[at].Location {
			end++
		}
		move := Relocation{To: renamed(tokens[at].Location, from, c.To), New: true, Words: c.Words, Progress: c.Progress}
		for _, t := range tokens[at:end] {
			move.Serials = append(move.Serials, t.Serial)
		}
		var moved Relocated
		moved, err = d.Relocate(ctx, move)
		res.Moved, at = append(res.Moved, moved.Moved...), end
	}
	return res, err
}

// renamed is what a place within another is called once that is.
func renamed(name, from, to string) string {
	parts := strings.Split(name, "/")[strings.Count(from, "/")+1:]
	return strings.Join(append([]string{to}, parts...), "/")
}

// knownPlace finds a place as it is spelled, and whether it is closed.
func knownPlace(r PlaceReader, name string) (spelled string, closed bool, err error) {
	names, err := r.Locations()
	if err != nil {
		return "", false, err
	}
	known := token.KnownLocations(names)
	spelled, ok := known.Find(name)
	if !ok {
		return "", false, known.Unknown(name)
	}
	all, err := r.ClosedLocations()
	return spelled, slices.Contains(all, spelled), err
}

// changePlace writes what happens to one place, with its event.
func (d *Desk) changePlace(tx Tx, by token.Command, name, to string, w Words) error {
	if err := Demand(tx, by, w); err != nil {
		return err
	}
	e, err := d.Author().Event(by, trail.Object{Kind: trail.KindLocation, ID: name}, w)
	if err != nil {
		return err
	}
	detail := trail.PlaceDetail{To: to}
	if by != token.CmdLocationOpen {
		detail.Closed = e.Time.UTC()
	}
	if err := tx.SavePlace(name, detail.Closed); err != nil {
		return err
	}
	if to != "" {
		if err := tx.SavePlace(to, time.Time{}); err != nil {
			return err
		}
	}
	return trail.Record(tx, e, detail)
}
