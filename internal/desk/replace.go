package desk

import (
	"context"

	"fob/internal/fault"
	"fob/internal/token"
)

// A replacement ends one token of a person and binds another. If the old one is
// lost or stolen it ends first, in a transaction of its own: a wrong code for the
// new one must not leave a stolen token valid. If it comes back it ends together
// with the binding of the new one: a wrong code must not leave the person without
// any.

// Replaceable returns a token that is to be replaced by one that is bound with it,
// and refuses if it is nobody's.
func (d *Desk) Replaceable(ctx context.Context, serial, other token.Serial) (t token.Token, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		if t, err = replaceable(r, serial, other); err != nil {
			return err
		}
		if o, err := r.Token(other); err == nil && bothTheirs(t, o) { // another error is told later
			ends := fault.Do(token.CmdUnbind, t.Serial, fault.Returned)
			if by := endsReturned(t, token.InStock); by != token.CmdUnbind {
				ends = fault.Do(by, t.Serial)
			}
			return fault.Errorf(fault.NotAllowed, "%s has both: token %s is bound to them already, since %s; nothing was changed", t.Account, o.Serial, when(o.BoundAt)).
				WithHint("there is nothing to bind; if %s came back, end it alone: %s", t.Serial, ends)
		}
		return nil
	})
	return t, err
}

// bothTheirs reports whether the other token is bound to the account that has this one.
func bothTheirs(t, other token.Token) bool {
	return other.ID != t.ID && other.State == token.Bound && other.Account.Key() == t.Account.Key()
}

func replaceable(r Reader, serial, other token.Serial) (token.Token, error) {
	t, err := r.Token(serial)
	if err == nil && !t.State.HasAccount() {
		err = fault.Errorf(fault.NotAllowed, "token %s is %s and nobody's: there is nothing to replace", t.Serial, t.State).
			WithHint("bind the other one: %s", fault.Do(token.CmdBind, other, "ACCOUNT"))
	}
	return t, err
}

// EndLost ends a token that is lost, as the first part of its replacement by
// another, and returns it as it was. A person who cannot open the
// keys for that one is told before anything is changed.
func (d *Desk) EndLost(ctx context.Context, c Change, other token.Serial) (before token.Token, err error) {
	if _, err := d.Keys(ctx); err != nil {
		return before, fault.Wrap(fault.KindOf(err), err, "nothing was changed, because no code of %s could be checked", other).
			WithAdvice(fault.AdviceOf(err).And(fault.Textf("%s needs no identity", fault.Do(token.CmdLost, c.Serial))))
	}
	err = d.Store.Update(ctx, func(tx Tx) error {
		for _, by := range []token.Command{token.CmdReplace, token.CmdLost} {
			if err := Demand(tx, by, c.Words); err != nil {
				return err
			}
		}
		if before, err = replaceable(tx, c.Serial, other); err != nil {
			return err
		}
		after := before
		c.By, c.To = token.CmdLost, token.Lost
		return d.MoveIn(tx, &after, c)
	})
	return before, err
}

// HalfReplaced says of an error met once the old token had ended what was done, and
// how to go on.
func HalfReplaced(err error, before, other token.Token) error {
	switch {
	case err == nil:
		return nil
	case bothTheirs(before, other):
		return fault.Errorf(fault.NotAllowed, "token %s is lost now, and %s has token %s already, bound since %s: nothing is left to bind",
			before.Serial, before.Account, other.Serial, when(other.BoundAt)).
			WithHint("%s reports whether it is that token which they have in hand", fault.Do(token.CmdCheck, other.Serial))
	}
	return fault.Wrap(fault.KindOf(err), err, "token %s is lost now, and no other is bound yet", before.Serial).
		WithAdvice(fault.AdviceOf(err).And(fault.Textf("go on with %s", fault.Do(token.CmdBind, other.Serial, before.Account))))
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
