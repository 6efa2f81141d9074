package inventory

import (
	"fmt"

	"github.com/google/uuid"

	"fob/internal/audit"
	"fob/internal/token"
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
func (d *Desk) newEvent(by token.Command, on audit.Object) (*audit.Event, error) {
	id, err := uuid.NewV7FromReader(d.Random)
	if err != nil {
		return nil, fmt.Errorf("making an event id: %w", err)
	}
	return &audit.Event{
		ID: id, Time: audit.Time{Time: d.Now().UTC()}, Store: d.Store.ID(),
		Operator: d.Operator, Host: d.Host, Command: by, Object: on, Outcome: audit.Done,
	}, nil
}

// tokenEvent begins an event about one token, as the token is before it.
func (d *Desk) tokenEvent(by token.Command, t token.Token, w Words) (*audit.Event, error) {
	e, err := d.newEvent(by, audit.Object{Kind: audit.KindToken, ID: string(t.Serial)})
	if err != nil {
		return nil, err
	}
	e.From = t.State
	return e, d.addWords(e, w)
}

func (d *Desk) addWords(e *audit.Event, w Words) error {
	for _, t := range []struct{ field, text string }{
		{audit.TextAccount, string(w.Account)}, {audit.TextReason, w.Reason}, {audit.TextTicket, w.Ticket},
		{audit.TextApprover, string(w.Approver)}, {audit.TextProof, w.Proof},
		{audit.TextCondition, w.Condition},
	} {
		if err := e.AddText(d.Random, t.field, t.text); err != nil {
			return err
		}
	}
	return nil
}

func appendEvent(tx Tx, e *audit.Event, detail any) error {
	if err := e.SetDetail(detail); err != nil {
		return err
	}
	return tx.Append(e)
}
