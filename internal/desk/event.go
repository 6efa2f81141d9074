package desk

import (
	"fob/internal/token"
	"fob/internal/trail"
)

// Words are what people say about a command.
type Words = token.Words

// Author writes the desk's events.
func (d *Desk) Author() trail.Author {
	return trail.Author{Store: d.Store.ID(), Operator: d.Operator, Host: d.Host, Now: d.Now, Random: d.Random}
}

// tokenEvent begins an event about one token, as the token is before it.
func (d *Desk) tokenEvent(by token.Command, t token.Token, w Words) (*trail.Event, error) {
	e, err := d.Author().Event(by, trail.Object{Kind: trail.KindToken, ID: string(t.Serial)}, w)
	if err != nil {
		return nil, err
	}
	e.From = t.State
	return e, nil
}
