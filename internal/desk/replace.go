package desk

import (
	"context"

	"fob/internal/fault"
	"fob/internal/token"
)

// A replacement ends one token of a person and binds another. Where the old one
// is lost or stolen it ends first, in a transaction of its own: a wrong code for
// the new one must not leave a stolen token valid. Where it comes back it ends
// together with the binding of the new one: a wrong code must not leave the
// person without any.

// Replaced tells whose a token is that is to be replaced by one that is bound
// with it, and refuses where there is nobody.
func (d *Desk) Replaced(ctx context.Context, serial token.Serial) (t token.Token, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		if t, err = r.Token(serial); err != nil {
			return err
		}
		return checkReplaced(t)
	})
	return t, err
}

func checkReplaced(t token.Token) error {
	if t.State.HasAccount() {
		return nil
	}
	return fault.Errorf(fault.NotAllowed, "token %s is %s and nobody's: there is nothing to replace", t.Serial, t.State).
		WithHint("bind the other one: %s", fault.Do(token.CmdBind, "SERIAL", "ACCOUNT"))
}

// EndLost ends a token that is lost, as the first part of its replacement.
func (d *Desk) EndLost(ctx context.Context, c Change) (before, after token.Token, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		for _, by := range []token.Command{token.CmdReplace, token.CmdLost} {
			if err := Demand(tx, by, c.Words); err != nil {
				return err
			}
		}
		if before, err = tx.Token(c.Serial); err != nil {
			return err
		}
		if err := checkReplaced(before); err != nil {
			return err
		}
		after = before
		c.By, c.To = token.CmdLost, token.Lost
		return d.MoveIn(tx, &after, c)
	})
	return before, after, err
}

// endsReturned is the command by which a token ends that comes back.
func endsReturned(t token.Token, to token.State) token.Command {
	switch {
	case t.State != token.Assigned:
		return token.CmdUnbind
	case to == token.Quarantined:
		return token.CmdQuarantine
	}
	return token.CmdUnassign
}
