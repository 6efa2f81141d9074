package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// Change is a request to move tokens from their state to another, without codes.
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
	// Owner is whose token it has to be; empty: anybody's.
	Owner token.Account
	// Seen is what the person saw of the token who orders this: one that has changed
	// since is left alone. Empty: whatever it is.
	Seen string
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

// Token looks up one token.
func (d *Desk) Token(ctx context.Context, serial token.Serial) (t token.Token, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		t, err = r.Token(serial)
		return err
	})
	return t, err
}

// Ending returns the tokens of which a move would end something, as they are: a
// front end asks before. There are none if one of them cannot move so, because the
// refusal says more than a question, or is there already.
func (d *Desk) Ending(ctx context.Context, serials []token.Serial, by token.Command, to token.State) (all []token.Token, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		for _, serial := range serials {
			t, err := r.Token(serial)
			if err != nil {
				return err
			}
			if _, no := t.Move(by, to); no != nil || t.State == to {
				all = nil
				return nil
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// cannotBeGiven refuses a token that has expired, or that is not valid yet.
func cannotBeGiven(t token.Token, now time.Time) error {
	switch {
	case t.Expired(now):
		return expiredError(t)
	case now.Before(t.NotBefore):
		return fault.Errorf(fault.NotAllowed, "token %s is not valid before %s", t.Serial, t.NotBefore.Format(time.DateOnly)).
			WithHint("give the person another token")
	}
	return nil
}

func expiredError(t token.Token) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "token %s expired on %s", t.Serial, t.NotAfter.Format(time.DateOnly)).
		WithHint("give the person another token")
}

// MoveIn moves one token in a transaction that is open; what the policy demands of
// the command was looked at before.
func (d *Desk) MoveIn(tx Tx, t *token.Token, c Change) (err error) {
	if err := tx.Vouch(t.ID); err != nil {
		return err
	}
	if !isOf(*t, c.Owner) {
		return notTheirs()
	}
	if err := asSeen(*t, c.Seen); err != nil {
		return err
	}
	if c.By == token.CmdQuarantine && c.Leaked == token.Yes && t.State == token.Lost {
		c.To = token.Lost // its seed is out, wherever it is
	}
	step, err := t.Move(c.By, c.To)
	if err != nil {
		return moveError(*t, err)
	}
	if c.Loss.Stolen {
		c.Stolen = token.Yes
	}
	more, err := Marked(*t, c.By, c.To, c.Words)
	if err == nil {
		err = quarantineAs(*t, c, step, more)
	}
	if err == nil && c.By == token.CmdRelease {
		err = Comes(*t)
	}
	if err != nil {
		return err
	}
	c.Loss.Stolen = more.WasStolen
	if c.To == token.Lost {
		if err := checkReported(*t, c.Loss.Reported); err != nil {
			return err
		}
	}
	if c.Account, err = accountOf(tx, *t, c); err != nil {
		return err
	}
	if c.Location, err = returnedTo(tx, c.Location, c.NewLocation); err != nil {
		return err
	}
	e, err := d.tokenEvent(c.By, *t, c.Words)
	if err != nil {
		return err
	}
	now := e.Time.Time
	loss, err := lossOf(*t, c, now)
	if err != nil {
		return err
	}
	var detail trail.TokenDetail
	if step.Ends {
		if detail.Closed, err = endBinding(tx, t, c.To, now, c.Location, c.Condition); err != nil {
			return err
		}
	}
	if t.State != c.To { // what more is told of a loss does not make it younger
		t.Since = now
	}
	t.State, t.Account, t.Marks = c.To, "", t.Marks.With(more)
	switch {
	case c.To.HasAccount():
		t.Account, t.Issued = c.Account, true
	case c.To == token.Retired:
		if err := destroy(tx, t); err != nil {
			return err
		}
	default:
		t.Loss = loss
	}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	e.To, detail.After = t.State, new(t.Standing)
	return trail.Record(tx, e, detail)
}

// asSeen refuses a token that has changed since somebody looked at it, and says whose it
// is now.
func asSeen(t token.Token, seen string) error {
	if seen == "" || seen == t.Sight() {
		return nil
	}
	what := strings.ReplaceAll(string(t.State), "_", " ")
	if t.Account != "" {
		what += " (" + string(t.Account) + ")"
	}
	return fault.Errorf(fault.NotAllowed, "token %s has changed meanwhile: it is %s since %s; nothing was done", t.Serial, what, when(t.Since)).
		WithHint("is it still right? Look at it again first")
}

// accountOf is whose token a move is about.
func accountOf(tx Tx, t token.Token, c Change) (token.Account, error) {
	switch c.By {
	case token.CmdResume: // the token of somebody who left stays suspended
		return t.Account, CheckAccount(tx, t.Account, c.NewAccount, true)
	case token.CmdAssign:
	default:
		return t.Account, nil
	}
	account, err := tx.KnownAccount(c.Account)
	if err != nil {
		return "", err
	}
	if err := CheckAccount(tx, account, c.NewAccount, false); err != nil {
		return "", err
	}
	p, err := token.PolicyOf(tx)
	if err != nil {
		return "", err
	}
	return account, checkShare(tx, p, account, t.Serial)
}

// lossOf is what is known of a token's loss after a change. Of one that is lost already
// something new has to be told: an event that changes nothing would only puzzle the
// auditor.
func lossOf(t token.Token, c Change, now time.Time) (told token.Loss, err error) {
	switch {
	case c.To != token.Lost:
		return told, nil
	case c.By == token.CmdQuarantine: // its seed is out, which is nothing of its loss
		return t.Loss, nil
	}
	told = c.Loss
	before, again := t.Loss, t.State == token.Lost
	if told.Reported.IsZero() {
		if told.Reported = now; again && !before.Reported.IsZero() {
			told.Reported = before.Reported
		}
	}
	told.Stolen = told.Stolen || before.Stolen
	told.Reported = told.Reported.UTC()
	if again && told.Stolen == before.Stolen && told.Reported.Equal(before.Reported) {
		return told, fault.Errorf(fault.NotAllowed, "token %s is lost already, since %s", t.Serial, when(t.Since)).
			WithHint("use %s or %s to record more about it, %s if it turned up", fault.Stolen, fault.ReportedAt, fault.Do(token.CmdFound, t.Serial))
	}
	return told, nil
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
			WithHint("are the date and the serial right? %s shows what was before", fault.Do("audit log", fault.Serial.Is(t.Serial)))
	case at.Before(t.ImportedAt):
		return fault.Errorf(fault.NotAllowed, "token %s was imported at %s only: its loss cannot have been reported at %s",
			t.Serial, t.ImportedAt.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339)).
			WithHint("is the date right, and the serial?")
	}
	return nil
}

// endBinding ends a token's binding, moves the token on, and stores where it is from
// now on and in which condition it came back; empty: nobody said.
func endBinding(tx Tx, t *token.Token, to token.State, now time.Time, location, condition string) (*uuid.UUID, error) {
	id, err := tx.CloseBinding(t.ID, now)
	if err != nil {
		return nil, err
	}
	t.State, t.Since, t.BoundAt, t.Account = to, now, time.Time{}, ""
	if location != "" {
		t.Location = location
		if err := tx.SaveLocation(t.ID, location); err != nil {
			return nil, err
		}
	}
	if condition != "" {
		t.Condition = condition
		if err := tx.NoteCondition(id, condition); err != nil {
			return nil, err
		}
	}
	return &id, nil
}

// returnedTo is the place of a token that came back as it is spelled in the store;
// empty: nobody said. One that is not known is refused as by a move.
func returnedTo(r PlaceReader, location string, mayBeNew bool) (string, error) {
	if location == "" {
		return "", nil
	}
	return findLocation(r, location, mayBeNew)
}

// destroy takes a token's seed out of the database; Erase takes it out of the log once
// that is committed.
func destroy(tx Tx, t *token.Token) error {
	t.SeedDestroyed = true
	return tx.DestroySeed(t.ID)
}

// Erase takes destroyed seeds out of the log as well, and looks whether any is left.
// That somebody still reads an older state is no failure: the destruction stands, and
// the log is emptied with the next one, or when the last program closes the store.
func (d *Desk) Erase(ctx context.Context) (token.Erasure, error) {
	e, err := d.Store.Erase(context.WithoutCancel(ctx))
	if err != nil {
		err = fault.Wrap(fault.Internal, err, "it is done, but the database's files could not be emptied and read back: destroyed seeds, encrypted, may still be in them")
	}
	return e, err
}

// EmptyLog takes what was removed out of the log as well, as far as nobody reads an
// older state.
func (d *Desk) EmptyLog(ctx context.Context) error {
	if _, err := d.Store.EmptyLog(context.WithoutCancel(ctx)); err != nil {
		return fault.Wrap(fault.Internal, err, "it is done, but the database's log could not be emptied: destroyed seeds, encrypted, stay in it until it is")
	}
	return nil
}

// moveError names the token that may not be moved, and whose it is.
func moveError(t token.Token, err error) *fault.Error {
	if t.Account != "" {
		return fault.Errorf(fault.NotAllowed, "token %s: %v (%s, since %s)", t.Serial, err, t.Account, when(t.Since)).WithAdvice(fault.AdviceOf(err))
	}
	return fault.Errorf(fault.NotAllowed, "token %s: %v", t.Serial, err).WithAdvice(fault.AdviceOf(err))
}

// unlockOrder is what a second person has to approve. A policy guards only tokens
// that nothing else would unlock.
func unlockOrder(r PolicyReader, t token.Token, now time.Time) (o request.Order, err error) {
	p, err := token.PolicyOf(r)
	o = request.Order{By: token.CmdUnlock, What: []string{"serial=" + string(t.Serial)}, Touches: []token.Serial{t.Serial}, Always: true,
		Effect: fmt.Sprintf("unlock token %s, locked for good after %d failed attempts", t.Serial, t.Failures)}
	if t.LockEnds(now, p.Lock) == token.Forever {
		o.Guard = token.GuardUnlock
	}
	return o, err
}

// Second is the second person that a change takes.
type Second int

// How a second person says yes.
const (
	NoSecond    Second = iota
	NamedSecond        // the operator names them
	AskedSecond        // at an account of their own: a request is made
)

// SecondFor tells before a change whether it takes a second person.
func SecondFor(p token.Policy, t token.Token, by token.Command, now time.Time) Second {
	var guard token.Guarded
	switch {
	case by == token.CmdUnlock && t.LockEnds(now, p.Lock) == token.Forever:
		guard = token.GuardUnlock
	case by == token.CmdUnlock:
	case by == token.CmdRelease && t.WasStolen:
		guard = token.GuardRelease
	default:
		return NoSecond
	}
	if p.Guards(guard) {
		return AskedSecond
	}
	return NamedSecond
}

// Unlock forgets the failures of a token. Without any it is refused: an event
// that changes nothing would only puzzle the auditor.
func (d *Desk) Unlock(ctx context.Context, serial token.Serial, w Words) (t token.Token, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		tx.Foresee(Foresight{Serial: serial, By: d.Operator})
		if t, err = tx.Token(serial); err != nil {
			return err
		}
		if err := tx.Vouch(t.ID); err != nil {
			return err
		}
		w := w
		w.Account = t.Account
		o, err := unlockOrder(tx, t, d.Now())
		if err != nil {
			return err
		}
		if w, err = d.Allow(tx, o, w); err != nil {
			return err
		}
		if t.Failures == 0 {
			return fault.Errorf(fault.NotAllowed, "token %s is not locked and has no failed attempts", t.Serial)
		}
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
