package request

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Tx is a Reader that writes.
type Tx interface {
	Reader
	trail.Log
}

// Store is what the registry needs of a database.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
}

// Registry is where requests are made, looked at and decided.
type Registry struct {
	Store  Store
	Author trail.Author
}

// File makes a request of a command that waits for a second person. Line is how the
// front end was called, without any secret, so that it can be done again; it may be
// empty.
func (g Registry) File(ctx context.Context, n *Needed, line []string) (q Request, err error) {
	err = g.Store.Update(ctx, func(tx Tx) error {
		all, err := tx.RequestNumbers(true)
		if err != nil {
			return err
		}
		number := 1
		if len(all) > 0 {
			number = all[0] + 1
		}
		p, err := token.PolicyOf(tx)
		if err != nil {
			return err
		}
		c := content{Order: n.Order, Said: saidOf(n.Words), Line: line, Nonce: make([]byte, 32)}
		if _, err := io.ReadFull(g.Author.Random, c.Nonce); err != nil {
			return fault.Wrap(fault.Internal, err, "making a nonce")
		}
		if c.Tokens, err = digest(tx, n.Order.Touches, c.Nonce); err != nil {
			return err
		}
		c.State = stateDigest(n.Order.State, c.Nonce)
		text, err := json.Marshal(c)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "writing the request")
		}
		w := n.Words
		w.Approver, w.Request = "", 0
		e, err := g.Author.Event(token.CmdRequest, object(number), w)
		if err != nil {
			return err
		}
		if err := e.AddText(g.Author.Random, trail.TextRequest, string(text)); err != nil {
			return err
		}
		if err := trail.Record(tx, e, trail.RequestDetail{For: n.Order.By, Ends: e.Time.Add(p.RequestFor).UTC()}); err != nil {
			return err
		}
		q, err = Read(tx, number)
		return err
	})
	return q, err
}

// FiledIn is Filed for a request in a store that front ends do not find by themselves:
// where it is, and what to say to reach it.
func (q Request) FiledIn(where string, with ...fault.Setting) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "%s waits for a second person: request %d in %s", q.Command, q.Number, where).
		WithHint("somebody else approves it, at an account of their own, until %s: %s; then give the same command again",
			q.Ends.Format(time.RFC3339), fault.Do(token.CmdRequestApprove, q.Number, with))
}

// Filed is the error of a command whose request was made.
func (q Request) Filed() *fault.Error {
	return fault.Errorf(fault.NotAllowed, "%s waits for a second person: request %d", q.Command, q.Number).
		WithHint("somebody else approves it, at an account of their own, until %s: %s; then give the same command again, or %s",
			q.Ends.Format(time.RFC3339), fault.Do(token.CmdRequestApprove, q.Number), fault.Do("request run", q.Number))
}

// List returns requests, the newest first: those that wait or are approved, or all.
func (g Registry) List(ctx context.Context, all bool) ([]Request, error) {
	return g.list(ctx, all, math.MaxInt, lookedAt)
}

// Newest is List of at most so many requests that were made last, without a look at
// their tokens: every page of a front end asks for it.
func (g Registry) Newest(ctx context.Context, all bool, most int) ([]Request, error) {
	return g.list(ctx, all, most, 0)
}

func (g Registry) list(ctx context.Context, all bool, most, look int) (list []Request, err error) {
	err = g.Store.View(ctx, func(r Reader) error {
		list = []Request{}
		numbers, err := r.RequestNumbers(all)
		if err != nil {
			return err
		}
		for _, n := range numbers[:min(len(numbers), most)] {
			q, err := g.read(r, n)
			if err != nil {
				return err
			}
			if err := q.lookAt(r, look); err != nil {
				return err
			}
			if all || q.State != Ended {
				list = append(list, q)
			}
		}
		return nil
	})
	return list, err
}

// Show reads one request.
func (g Registry) Show(ctx context.Context, number int) (q Request, err error) {
	err = g.Store.View(ctx, func(r Reader) error {
		if q, err = g.read(r, number); err != nil {
			return err
		}
		return q.lookAt(r, len(q.content.Touches))
	})
	return q, err
}

// lookedAt is how many tokens of a request a list looks at: it is made often.
const lookedAt = 1000

// lookAt finds whether the tokens of a live request, if they are at most so many, are
// still as they were.
func (q *Request) lookAt(r Reader, most int) error {
	if !q.IsLive() || len(q.content.Touches) > most {
		return nil
	}
	tokens, err := digest(r, q.content.Touches, q.content.Nonce)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	q.Void = tokens != q.content.Tokens
	return nil
}

// read is Read with the present time.
func (g Registry) read(r Reader, number int) (Request, error) {
	q, err := Read(r, number)
	if err == nil && q.IsLive() && q.EndedAt(g.Author.Now()) {
		q.State = Ended
	}
	return q, err
}

// Approvable returns a request that this operator may approve, or says why not.
func (g Registry) Approvable(ctx context.Context, number int) (q Request, err error) {
	err = g.Store.View(ctx, func(r Reader) error {
		q, err = g.approvable(r, number)
		return err
	})
	return q, err
}

func (g Registry) approvable(r Reader, number int) (q Request, err error) {
	if q, err = g.read(r, number); err != nil {
		return q, err
	}
	switch {
	case q.State != Waiting:
		return q, q.not("it cannot be approved")
	case g.Author.Operator.Kind == token.OperatorService:
		return q, fault.Errorf(fault.NotAllowed, "%s is no person and approves nothing", g.Author.Operator)
	case g.Author.Operator.SamePerson(q.by):
		return q, fault.Errorf(fault.NotAllowed, "request %d was made by %s: somebody else has to approve it, at an account of their own", number, q.By)
	}
	if err = q.lookAt(r, len(q.content.Touches)); err == nil && q.Void {
		err = changedError(q).WithHint("%s ends it; %s asks anew", fault.Do(token.CmdRequestDeny, number), q.By)
	}
	return q, err
}

// Approve lets the requester carry a request out, once.
func (g Registry) Approve(ctx context.Context, number int, w token.Words) (q Request, err error) {
	return g.decide(ctx, number, token.CmdRequestApprove, w, func(r Reader) error {
		_, err := g.approvable(r, number)
		return err
	})
}

// Deny ends a request of somebody else, before or after it was approved.
func (g Registry) Deny(ctx context.Context, number int, w token.Words) (Request, error) {
	return g.decide(ctx, number, token.CmdRequestDeny, w, func(r Reader) error {
		q, err := g.read(r, number)
		switch {
		case err != nil:
			return err
		case q.State != Waiting && q.State != Approved:
			return q.not("it cannot be denied")
		case g.Author.Operator.SamePerson(q.by):
			return fault.Errorf(fault.NotAllowed, "request %d is your own", number).WithHint("%s takes it back", fault.Do(token.CmdRequestWithdraw, number))
		}
		return nil
	})
}

// Withdraw ends a request of one's own.
func (g Registry) Withdraw(ctx context.Context, number int, w token.Words) (Request, error) {
	return g.decide(ctx, number, token.CmdRequestWithdraw, w, func(r Reader) error {
		q, err := g.read(r, number)
		switch {
		case err != nil:
			return err
		case !q.IsOf(g.Author.Operator):
			return notYours(q)
		case q.State != Waiting && q.State != Approved:
			return q.not("it cannot be withdrawn")
		}
		return nil
	})
}

func (g Registry) decide(ctx context.Context, number int, by token.Command, w token.Words, check func(Reader) error) (q Request, err error) {
	err = g.Store.Update(ctx, func(tx Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		w.Approver, w.Request = "", 0
		e, err := g.Author.Event(by, object(number), w)
		if err != nil {
			return err
		}
		if err := tx.Append(e); err != nil {
			return err
		}
		q, err = g.read(tx, number)
		return err
	})
	return q, err
}

// Runnable returns a request that this operator may carry out now, with the line
// that does it, or says why not.
func (g Registry) Runnable(ctx context.Context, number int) (q Request, err error) {
	if q, err = g.Show(ctx, number); err != nil {
		return q, err
	}
	switch {
	case !q.IsOf(g.Author.Operator):
		return q, notYours(q)
	case q.State == Waiting:
		return q, fault.Errorf(fault.NotAllowed, "request %d was not approved yet", number).
			WithHint("somebody else does, at an account of their own: %s", fault.Do(token.CmdRequestApprove, number))
	case q.State != Approved:
		return q, q.not("it cannot be carried out")
	case len(q.Line) == 0:
		return q, fault.Errorf(fault.NotAllowed, "request %d was not made on the command line", number).WithHint("carry it out where it was made")
	}
	return q, nil
}

// IsOf reports whether an operator made the request.
func (q Request) IsOf(o token.Operator) bool { return q.by.Kind == o.Kind && q.by.ID == o.ID }

func notYours(q Request) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "request %d is not yours: %s made it", q.Number, q.By)
}

// not says why a request that is over cannot be used.
func (q Request) not(what string) *fault.Error {
	why := ""
	switch q.State {
	case Approved:
		why = fmt.Sprintf("was approved already, by %s", *q.Decider)
	case Denied:
		why = fmt.Sprintf("was denied by %s", *q.Decider)
		if q.Denial != "" {
			why += fmt.Sprintf(" (%q)", q.Denial)
		}
	case Withdrawn:
		why = "was withdrawn by who made it"
	case Done:
		why = fmt.Sprintf("was carried out already, by event %d", q.Event)
	case Ended:
		why = "ended at " + q.Ends.Format(time.RFC3339)
	}
	return fault.Errorf(fault.NotAllowed, "request %d %s: %s", q.Number, why, what)
}
