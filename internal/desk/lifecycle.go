package desk

import (
	"context"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Change is a request to move one token from its state to another, without
// codes.
type Change struct {
	Serial token.Serial
	By     token.Command
	To     token.State
	Loss   token.Loss // lost: what was reported; no time means now
	// Location is where a token is that came back; empty: where it was. NewLocation
	// allows one that is not known yet.
	Location    string
	NewLocation bool
	// NewAccount takes the account as typed though the list of people does not have it.
	NewAccount bool
	Words
}

// Move carries out a transition of the table of states, or refuses it with the
// list of what is possible.
func (d *Desk) Move(ctx context.Context, c Change) (t token.Token, err error) {
	all, err := d.MoveAll(ctx, []token.Serial{c.Serial}, c)
	if err != nil {
		return t, err
	}
	return all[0], nil
}

// MoveAll does the same with several tokens: all of them, or none.
func (d *Desk) MoveAll(ctx context.Context, serials []token.Serial, c Change) (all []token.Token, err error) {
	if len(serials) > maxAtOnce {
		return nil, fault.Errorf(fault.Usage, "%d tokens in one command; %d are the most, since the desk waits for all of them", len(serials), maxAtOnce)
	}
	if c.Loss.Reported.After(d.Now()) {
		return nil, fault.Errorf(fault.Usage, "the loss was reported at %s, which is yet to come", c.Loss.Reported.Format(time.RFC3339))
	}
	err = d.Store.Update(ctx, func(tx Tx) error {
		all = nil
		if err := Demand(tx, c.By, c.Words); err != nil {
			return err
		}
		for _, serial := range serials {
			t, err := d.moveOne(tx, serial, c)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	if err == nil && c.To == token.Retired {
		err = d.emptyLog(ctx)
	}
	return all, err
}

// maxAtOnce bounds the tokens of one command: they are one transaction.
const maxAtOnce = SliceSize

func (d *Desk) moveOne(tx Tx, serial token.Serial, c Change) (t token.Token, err error) {
	if t, err = tx.Token(serial); err != nil {
		return t, err
	}
	if c.By == token.CmdAssign && t.Expired(d.Now()) {
		return t, expiredError(t)
	}
	return t, d.MoveIn(tx, &t, c)
}

func expiredError(t token.Token) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "token %s expired on %s", t.Serial, t.NotAfter.Format(time.DateOnly)).
		WithHint("give the person another token")
}

// MoveIn does so with one token in a transaction that is open; demands of the policy
// were looked at before.
func (d *Desk) MoveIn(tx Tx, t *token.Token, c Change) (err error) {
	step, err := t.Move(c.By, c.To)
	if err != nil {
		return moveError(*t, err)
	}
	if err := checkReported(*t, c.Loss.Reported); err != nil {
		return err
	}
	if c.Account, err = d.accountOf(tx, *t, c); err != nil {
		return err
	}
	if c.Location, err = returnedTo(tx, c.Location, c.NewLocation); err != nil {
		return err
	}
	e, err := d.tokenEvent(c.By, *t, c.Words)
	if err != nil {
		return err
	}
	var detail trail.TokenDetail
	if step.Ends {
		if detail.Closed, err = closeBinding(tx, t, c.To, e.Time.Time); err != nil {
			return err
		}
		if err := receive(tx, t, detail.Closed, c.Location, c.Condition); err != nil {
			return err
		}
	}
	if err := carry(tx, t, c, e.Time.Time); err != nil {
		return err
	}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	e.To, detail.After = t.State, new(t.Standing)
	return trail.Record(tx, e, detail)
}

// accountOf is whose token a move is about.
func (d *Desk) accountOf(tx Tx, t token.Token, c Change) (token.Account, error) {
	if c.By == token.CmdResume { // of somebody who left it was suspended
		return t.Account, CheckAccount(tx, t.Account, c.NewAccount, true)
	}
	if c.By != token.CmdAssign {
		return t.Account, nil
	}
	account, err := tx.KnownAccount(c.Account)
	if err != nil {
		return "", err
	}
	if err := CheckAccount(tx, account, c.NewAccount, false); err != nil {
		return "", err
	}
	p, err := policyOf(tx)
	if err != nil {
		return "", err
	}
	return account, checkShare(tx, p, account, t.Serial)
}

// carry takes the token where the command leads it.
func carry(tx Tx, t *token.Token, c Change, now time.Time) error {
	if c.To == token.Lost {
		if err := lose(t, c, now); err != nil {
			return err
		}
	}
	if t.State != c.To { // what more is told of a loss does not make it younger
		t.Since = now
	}
	t.State, t.Account = c.To, ""
	switch {
	case c.To.HasAccount():
		t.Account, t.Issued = c.Account, true
	case c.To == token.Retired:
		return destroy(tx, t)
	case c.To != token.Lost:
		t.Loss = token.Loss{}
	}
	return nil
}

// lose keeps what was reported of a loss. Of a token that is lost already
// something new has to be told: an event that changes nothing would only puzzle
// the auditor.
func lose(t *token.Token, c Change, now time.Time) error {
	before := t.Loss
	if c.Loss.Reported.IsZero() {
		c.Loss.Reported = now
		if t.State == token.Lost && !before.Reported.IsZero() {
			c.Loss.Reported = before.Reported
		}
	}
	c.Loss.Stolen = c.Loss.Stolen || before.Stolen
	c.Loss.Reported = c.Loss.Reported.UTC()
	if t.State == token.Lost && c.Loss.Stolen == before.Stolen && c.Loss.Reported.Equal(before.Reported) {
		return fault.Errorf(fault.NotAllowed, "token %s is lost already, since %s", t.Serial, when(t.Since)).
			WithHint("with --stolen or --reported-at more can be told of it; `fob found %s` says that it turned up", t.Serial)
	}
	t.Loss = c.Loss
	return nil
}

// checkReported refuses a report that is older than what it is about: the binding
// that ends, or the token's coming here.
func checkReported(t token.Token, at time.Time) error {
	switch {
	case at.IsZero():
		return nil
	case at.Before(t.BoundAt):
		return fault.Errorf(fault.NotAllowed, "token %s was bound to %s at %s only: its loss cannot have been reported at %s",
			t.Serial, t.Account, t.BoundAt.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339)).
			WithHint("is the date right, and the serial? `fob audit log --serial %s` tells what was before", t.Serial)
	case at.Before(t.ImportedAt):
		return fault.Errorf(fault.NotAllowed, "token %s was imported at %s only: its loss cannot have been reported at %s",
			t.Serial, t.ImportedAt.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339)).
			WithHint("is the date right, and the serial?")
	}
	return nil
}

// emptyLog takes destroyed seeds out of the log as well. That somebody still
// reads an older state is no failure: the retirement stands, and the log is
// emptied with the next one, or when the last program closes the store.
func (d *Desk) emptyLog(ctx context.Context) error {
	if _, err := d.Store.EmptyLog(context.WithoutCancel(ctx)); err != nil {
		return fault.Wrap(fault.Internal, err, "it is done, but the database's log could not be emptied: destroyed seeds, encrypted, stay in it until it is")
	}
	return nil
}

// moveError names the token that may not be moved.
func moveError(t token.Token, err error) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "token %s: %v", t.Serial, err).WithAdvice(fault.AdviceOf(err))
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
			return fault.Errorf(fault.NotAllowed, "token %s is not locked and has no failed attempts", t.Serial)
		}
		if err := Demand(tx, token.CmdUnlock, w); err != nil {
			return err
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
		return trail.Record(tx, e, trail.TokenDetail{After: new(t.Standing)})
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
	return fault.Errorf(fault.NotAllowed, "this computer's clock is not behind the newest event (%s); there is nothing to accept", newest.Format(time.RFC3339))
}

// AcceptClock records that this computer's clock is right now and was wrong
// when the newest events were written. It tells what the newest time was.
func (d *Desk) AcceptClock(ctx context.Context, w Words) (newest time.Time, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if newest, err = tx.NewestEvent(); err != nil {
			return err
		}
		e, err := d.Author().StoreEvent(token.CmdClockAccept, w)
		if err != nil {
			return err
		}
		if err := checkBehind(newest, e.Time.Time); err != nil {
			return err
		}
		if err := Demand(tx, token.CmdClockAccept, w); err != nil {
			return err
		}
		if err := trail.Record(tx, e, trail.ClockDetail{Newest: newest, Accepted: e.Time.Time}); err != nil {
			return err
		}
		return tx.AcceptClock(e.Time.Time)
	})
	return newest, err
}
