package desk

import (
	"github.com/google/uuid"

	"fob/internal/token"
)

// receive keeps where a token is whose binding ended, and in which condition it
// came back.
func receive(tx Tx, t *token.Token, binding *uuid.UUID, location, condition string) error {
	if location != "" {
		t.Location = location
		if err := tx.PlaceToken(t.ID, location); err != nil {
			return err
		}
	}
	if condition != "" {
		t.Condition = condition
		if err := tx.NoteCondition(*binding, condition); err != nil {
			return err
		}
	}
	return nil
}

// returnedTo gives the place of a token that came back as it is spelled in the
// store; empty: nobody said. One that is not known is refused as by a move.
func returnedTo(r Reader, location string, mayBeNew bool) (string, error) {
	if location == "" {
		return "", nil
	}
	return findLocation(r, location, mayBeNew)
}

// destroy takes a token's seed out of the database; emptyLog takes it out of the
// log once that is committed.
func destroy(tx Tx, t *token.Token) error {
	t.SeedDestroyed = true
	return tx.DestroySeed(t.ID)
}

// condition belongs to an event only where the token came back.
func (a *attempt) condition() string {
	if a.by != token.CmdUnbind || a.refusal != nil {
		return ""
	}
	return a.req.Condition
}
