package desk

import (
	"context"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// Own is the desk for one person and their own tokens. Whose they are the identity
// provider says; each use case looks at it in the transaction in which it acts.
type Own struct {
	Desk      *Desk
	Account   token.Account
	FromStock bool // they may bind a token in stock, not only one that was assigned to them
}

// ProofSignIn is the proof of identity of those who act for themselves. How old the
// sign-in was is in the operator of the event.
const ProofSignIn = "fresh sign-in"

// notTheirs is the answer to everybody who names a token that is not theirs, whether
// there is such a token or not.
func notTheirs() error { return fault.Errorf(fault.NotFound, "you have no such token") }

// isOf reports whether a token belongs to an account; of nobody asked for it belongs
// to anyone who has it.
func isOf(t token.Token, owner token.Account) bool {
	return owner == "" || t.Account != "" && t.Account.Key() == owner.Key()
}

// said is what goes with a change. The sign-in is the proof, unless the policy knows
// other proofs alone and does not demand one: a loss has to be reported in any case.
func (o Own) said(r PolicyReader, by token.Command, w Words) (Words, error) {
	p, err := token.PolicyOf(r)
	if err != nil {
		return w, err
	}
	w.Proof = ProofSignIn
	if p.Check(by, w) != nil {
		bare := w
		if bare.Proof = ""; p.Check(by, bare) == nil {
			w = bare
		}
	}
	return w, nil
}

func (o Own) words(ctx context.Context, by token.Command, w Words) (said Words, err error) {
	err = o.Desk.Store.View(ctx, func(r Reader) error {
		said, err = o.said(r, by, w)
		return err
	})
	return said, err
}

// move changes one of their tokens.
func (o Own) move(ctx context.Context, c Change, w Words) (t token.Token, err error) {
	c.Owner = o.Account
	if c.Words, err = o.words(ctx, c.By, w); err != nil {
		return t, err
	}
	return o.Desk.Move(ctx, c)
}

// Lose reports that one of their tokens is lost, or was stolen.
func (o Own) Lose(ctx context.Context, serial token.Serial, loss token.Loss, w Words) (token.Token, error) {
	return o.move(ctx, Change{Serial: serial, By: token.CmdLost, To: token.Lost, Loss: loss}, w)
}

// Return ends the binding of a device. It is quarantined until somebody of the desk
// has it in hand: nobody else can bind it before.
func (o Own) Return(ctx context.Context, serial token.Serial, w Words) (token.Token, error) {
	return o.move(ctx, Change{Serial: serial, By: token.CmdUnbind, To: token.Quarantined}, w)
}

// answer tries codes of one of their tokens.
func (o Own) answer(ctx context.Context, req Codes, by token.Command) (out Outcome, err error) {
	req.Owner = o.Account
	if req.Words, err = o.words(ctx, by, req.Words); err != nil {
		return out, err
	}
	if out, err = o.Desk.Answer(ctx, req, by); err != nil && fault.KindOf(err) == fault.NotFound {
		err = notTheirs()
	}
	return out, err
}

// RemoveApp ends an authenticator app, which shows a code to prove that it is this one.
func (o Own) RemoveApp(ctx context.Context, serial token.Serial, code Typed, w Words) (Outcome, error) {
	return o.answer(ctx, Codes{Serial: serial, To: token.Retired, Codes: []Typed{code}, Words: w}, token.CmdUnbind)
}

// Resync finds the clock or counter of one of their tokens again by two codes in a row.
func (o Own) Resync(ctx context.Context, serial token.Serial, first, second Typed) (Outcome, error) {
	return o.answer(ctx, Codes{Serial: serial, Codes: []Typed{first, second}}, token.CmdResync)
}

// Enrol makes a key for an authenticator app of theirs.
func (o Own) Enrol(ctx context.Context, req Virtual) (e *Enrolment, err error) {
	if req.Words, err = o.words(ctx, token.CmdVirtual, req.Words); err != nil {
		return nil, err
	}
	req.Account = o.Account
	return o.Desk.Enrol(ctx, req)
}

// Claim is the binding of a token by the person who says that they hold it. Of a token that is
// theirs already everything is told. Of any other only whether it was bound: that there
// is no such token, that it is somebody else's, that its life is over or that the codes
// are wrong is one answer, after as many questions, so that serials cannot be tried out.
type Claim struct {
	Theirs bool
	Token  token.Token // if it is theirs
	Why    error       // what the answer keeps to itself, for a log

	own   Own
	req   Codes
	talk  *Conversation // nil: there is nothing to compare
	two   bool          // the policy wants two codes of every token
	odd   bool          // it shows another number of digits
	last  string
	bound bool
}

// claimCodes is how many codes are asked for before a claim is refused.
const claimCodes = 2

// Claim begins. Whatever is refused now has nothing to do with the token.
func (o Own) Claim(ctx context.Context, serial token.Serial, w Words) (*Claim, error) {
	c := &Claim{own: o, req: Codes{Serial: serial, Owner: o.Account, FromStock: o.FromStock}}
	err := o.Desk.Store.View(ctx, func(r Reader) (err error) {
		if c.req.Words, err = o.said(r, token.CmdBind, w); err != nil {
			return err
		}
		c.req.Account = o.Account
		t, err := r.Token(serial)
		if err != nil && fault.KindOf(err) == fault.NotFound && serial.AsDigits() != serial {
			c.req.Serial = serial.AsDigits()
			t, err = r.Token(c.req.Serial)
		}
		if c.Theirs = err == nil && isOf(t, o.Account); c.Theirs {
			c.Token = t
			return nil
		}
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		other := &attempt{desk: o.Desk, req: c.req, by: token.CmdBind, made: true, token: token.Token{Facts: token.Facts{
			Profile: token.Profile{Params: token.Params{Type: token.TOTP}}}, Standing: token.Standing{State: token.InStock}}}
		if err := other.check(r); err != nil {
			return err
		}
		c.two = other.codesNeeded() > 1
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, err := o.Desk.Keys(ctx); err != nil {
		return nil, err
	}
	c.talk, err = o.Desk.Converse(ctx, c.req, token.CmdBind)
	if err != nil && c.Theirs {
		return nil, err
	}
	c.Why = err
	return c, ctx.Err()
}

// Question is what to ask now.
func (c *Claim) Question() Question {
	switch n := len(c.req.Codes); {
	case c.Theirs:
		return c.talk.Question()
	case n == 0:
		return CodeNow
	case n < claimCodes && !c.bound:
		return CodeNext
	}
	return Done
}

// Conversation is what is asked of a token that is theirs; nil of another.
func (c *Claim) Conversation() *Conversation {
	if !c.Theirs {
		return nil
	}
	return c.talk
}

// Type takes what was typed in answer to the question, as Conversation.Type does. Each
// code is one attempt in one transaction with one event, whatever the serial is: the
// trail has all that people tried, and no answer takes longer because of what it hides.
func (c *Claim) Type(ctx context.Context, text string, at time.Time) (out Outcome, typo *otp.CodeError, err error) {
	if c.Theirs {
		return c.talk.Type(ctx, text, at)
	}
	code, typo := parseAnyLength(text)
	switch {
	case typo != nil:
		return out, typo, nil
	case code == c.last:
		return out, typedBefore(), nil
	}
	c.last, c.req.Codes = code, append(c.req.Codes, Typed{Text: text, At: at})
	if out = c.attempt(ctx, text, at); c.bound {
		return out, nil, nil
	}
	if c.Question() != Done {
		return Outcome{}, nil, ctx.Err()
	}
	return Outcome{}, nil, fault.Errorf(fault.CodeRefused, "this serial and these codes did not bind a token").
		WithHint("is the serial that of the token in hand, and did it show the two codes one after the other? The support desk can look it up")
}

// attempt tries the codes so far. Why they do not bind it keeps to itself.
func (c *Claim) attempt(ctx context.Context, text string, at time.Time) (out Outcome) {
	var typo *otp.CodeError
	var err error
	waits := c.two && len(c.req.Codes) == 1 // for the second, of any token
	switch {
	case c.Why == nil:
		if out, typo, err = c.talk.Type(ctx, text, at); typo != nil {
			c.odd, err = true, fault.Errorf(fault.CodeRefused, "%s", typo.Msg)
		} else if c.bound = err == nil && c.talk.Question() == Done; c.bound {
			return out
		}
		c.req.Counted = out.Reason != nil && *out.Reason == otp.WrongCode
	case waits || c.odd:
		err = c.Why
	default:
		if out, err = c.own.Desk.Answer(ctx, c.req, token.CmdBind); err == nil { // it was given to them meanwhile
			c.bound = true
			return out
		}
	}
	if c.Why = err; waits || out.Outcome != "" { // the trail has it
		return out
	}
	reason := map[fault.Kind]otp.Reason{fault.NotFound: otp.NoSuchToken, fault.CodeRefused: otp.WrongLength}[fault.KindOf(err)]
	if err == nil || reason == "" {
		return out
	}
	if err := c.record(ctx, reason); err != nil {
		c.Why = err
	}
	return out
}

// record notes a claim whose codes were compared with nothing.
func (c *Claim) record(ctx context.Context, reason otp.Reason) error {
	return c.own.Desk.Store.Update(ctx, func(tx Tx) error {
		e, err := c.own.Desk.Author().StoreEvent(token.CmdBind, c.req.Words)
		if err != nil {
			return err
		}
		e.Outcome, e.Reason = trail.Refused, string(reason)
		if err := e.AddText(c.own.Desk.Random, trail.TextSerial, string(c.req.Serial)); err != nil {
			return err
		}
		return trail.Record(tx, e, trail.ClaimDetail{Codes: len(c.req.Codes)})
	})
}
