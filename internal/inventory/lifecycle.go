package inventory

import (
	"context"
	"time"

	"fob/internal/audit"
	"fob/internal/token"
)

// Change is a request to move one token from its state to another, without
// codes.
type Change struct {
	Serial token.Serial
	By     token.Command
	To     token.State
	Words
}

// Move carries out a transition of the table of states, or refuses it with the
// list of what is possible.
func (d *Desk) Move(ctx context.Context, c Change) (t token.Token, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if t, err = tx.Token(c.Serial); err != nil {
			return err
		}
		if c.By == token.CmdAssign && t.Expired(d.Now()) {
			return expiredError(t)
		}
		return d.move(tx, &t, c)
	})
	return t, err
}

func expiredError(t token.Token) *token.Error {
	return token.Errorf(token.NotAllowed, "token %s expired on %s", t.Serial, t.NotAfter.Format(time.DateOnly)).
		WithHint("give the person another token")
}

func (d *Desk) move(tx Tx, t *token.Token, c Change) (err error) {
	step, err := token.Move(t.State, c.By, c.To)
	if err != nil {
		return moveError(*t, err)
	}
	if c.By == token.CmdAssign {
		if c.Account, err = tx.KnownAccount(c.Account); err != nil {
			return err
		}
	} else {
		c.Account = t.Account
	}
	e, err := d.tokenEvent(c.By, *t, c.Words)
	if err != nil {
		return err
	}
	var detail audit.TokenDetail
	if step.Ends {
		if detail.Closed, err = closeBinding(tx, t, c.To, e.Time.Time); err != nil {
			return err
		}
	}
	t.State, t.StateSince, t.Account = c.To, e.Time.Time, ""
	if c.To.HasAccount() {
		t.Account, t.Issued = c.Account, true
	}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	e.To, detail.After = t.State, audit.MutableOf(*t)
	return appendEvent(tx, e, detail)
}

// moveError names the token that may not be moved.
func moveError(t token.Token, err error) *token.Error {
	return token.Errorf(token.NotAllowed, "token %s: %v", t.Serial, err).WithHint("%s", token.HintOf(err))
}

// UnbindWithCode ends a binding after checking a code of the token that came
// back.
func (d *Desk) UnbindWithCode(ctx context.Context, req Codes) (Outcome, error) {
	return d.answer(ctx, req, token.CmdUnbind)
}

// Unlock forgets the failures of a token. Without any it is refused: an event
// that changes nothing would only puzzle the auditor.
func (d *Desk) Unlock(ctx context.Context, serial token.Serial, w Words) (t token.Token, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if t, err = tx.Token(serial); err != nil {
			return err
		}
		if t.Failures == 0 {
			return token.Errorf(token.NotAllowed, "token %s is not locked and has no failed attempts", t.Serial)
		}
		w.Account = t.Account
		e, err := d.tokenEvent(token.CmdUnlock, t, w)
		if err != nil {
			return err
		}
		t.ClearFailures()
		if err := tx.SaveToken(t); err != nil {
			return err
		}
		e.To = t.State
		return appendEvent(tx, e, audit.TokenDetail{After: audit.MutableOf(t)})
	})
	return t, err
}

// ClockToAccept tells what the newest time is, and refuses while AcceptClock
// would: a person should not be asked for nothing.
func (d *Desk) ClockToAccept(ctx context.Context) (newest time.Time, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		if newest, err = r.NewestEvent(); err != nil {
			return err
		}
		return checkBehind(newest, d.Now())
	})
	return newest, err
}

func checkBehind(newest, now time.Time) error {
	if newest.After(now) {
		return nil
	}
	return token.Errorf(token.NotAllowed, "this computer's clock is not behind the newest event (%s); there is nothing to accept", newest.Format(time.RFC3339))
}

// AcceptClock records that this computer's clock is right now and was wrong
// when the newest events were written. It tells what the newest time was.
func (d *Desk) AcceptClock(ctx context.Context, w Words) (newest time.Time, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if newest, err = tx.NewestEvent(); err != nil {
			return err
		}
		e, err := d.newEvent(token.CmdClockAccept, audit.Object{Kind: audit.KindStore, ID: d.Store.ID().String()})
		if err != nil {
			return err
		}
		if err := checkBehind(newest, e.Time.Time); err != nil {
			return err
		}
		if err := d.addWords(e, w); err != nil {
			return err
		}
		if err := appendEvent(tx, e, audit.ClockDetail{Newest: newest.UnixNano(), Accepted: e.Time.UnixNano()}); err != nil {
			return err
		}
		return tx.AcceptClock(e.Time.Time)
	})
	return newest, err
}
