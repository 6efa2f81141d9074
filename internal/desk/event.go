package desk

import (
	"fmt"

	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

// Words are what people say about a command. In the trail each is hidden behind
// a salted hash, since a person may have the right to be forgotten.
type Words struct {
	Account  token.Account
	Reason   string
	Ticket   string
	Approver token.Approver
	Proof    string

	Condition string // of a token that came back
}

// forPolicy is what a policy looks at.
func (w Words) forPolicy() token.Words {
	return token.Words{Reason: w.Reason, Ticket: w.Ticket, Proof: w.Proof, Approver: w.Approver}
}

// newEvent begins an event: who, when, where, which command on what.
func (d *Desk) newEvent(by token.Command, on trail.Object) (*trail.Event, error) {
	id, err := uuid.NewV7FromReader(d.Random)
	if err != nil {
		return nil, fmt.Errorf("making an event id: %w", err)
	}
	return &trail.Event{
		ID: id, Time: trail.Time{Time: d.Now().UTC()}, Store: d.Store.ID(),
		Operator: d.Operator, Host: d.Host, Command: by, Object: on, Outcome: trail.Done,
	}, nil
}

// tokenEvent begins an event about one token, as the token is before it.
func (d *Desk) tokenEvent(by token.Command, t token.Token, w Words) (*trail.Event, error) {
	e, err := d.newEvent(by, trail.Object{Kind: trail.KindToken, ID: string(t.Serial)})
	if err != nil {
		return nil, err
	}
	e.From = t.State
	return e, d.addWords(e, w)
}

func (d *Desk) addWords(e *trail.Event, w Words) error {
	for _, t := range []struct{ field, text string }{
		{trail.TextAccount, string(w.Account)}, {trail.TextReason, w.Reason}, {trail.TextTicket, w.Ticket},
		{trail.TextApprover, string(w.Approver)}, {trail.TextProof, w.Proof},
		{trail.TextCondition, w.Condition},
	} {
		if err := e.AddText(d.Random, t.field, t.text); err != nil {
			return err
		}
	}
	return nil
}

func appendEvent(tx Tx, e *trail.Event, detail any) error {
	if err := e.SetDetail(detail); err != nil {
		return err
	}
	return tx.Append(e)
}
