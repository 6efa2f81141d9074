package inventory

import (
	"fmt"

	"github.com/google/uuid"

	"fob/internal/audit"
	"fob/internal/token"
)

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
