package trail

import (
	"io"
	"time"

	"github.com/google/uuid"

	"fob/internal/token"
)

// Author is who writes events: the same in all of one process.
type Author struct {
	Store    uuid.UUID
	Operator token.Operator
	Host     string
	Now      func() time.Time
	Random   io.Reader
}

// Event begins an event: who, when, where, which command on what, with what was
// said about it. Its outcome is Done until somebody says otherwise.
func (a Author) Event(by token.Command, on Object, w token.Words) (*Event, error) {
	now := a.Now().UTC()
	id, err := token.NewID(now, a.Random)
	if err != nil {
		return nil, err
	}
	e := &Event{ID: id, Time: Time{Time: now}, Store: a.Store, Operator: a.Operator, Host: a.Host,
		Command: by, Object: on, Outcome: Done, Request: w.Request}
	for _, t := range []struct{ field, text string }{
		{TextAccount, string(w.Account)}, {TextReason, w.Reason}, {TextTicket, w.Ticket},
		{TextApprover, string(w.Approver)}, {TextProof, w.Proof}, {TextCondition, w.Condition},
	} {
		if err := e.AddText(a.Random, t.field, t.text); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// StoreEvent begins an event about the store as a whole.
func (a Author) StoreEvent(by token.Command, w token.Words) (*Event, error) {
	return a.Event(by, Object{Kind: KindStore, ID: a.Store.String()}, w)
}

// Log takes events at the end of the trail.
type Log interface {
	Append(e *Event) error
}

// Record adds its detail to an event and writes it.
func Record(log Log, e *Event, detail any) error {
	if err := e.SetDetail(detail); err != nil {
		return err
	}
	return log.Append(e)
}
