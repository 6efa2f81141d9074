package request

import (
	"slices"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// Reader is what the gate needs of a store: one consistent state.
type Reader interface {
	Tokens
	Policy() (map[string]string, error)
	// RequestRow finds a request; an error of the kind NotFound if it is not there.
	RequestRow(number int) (trail.RequestRow, error)
	// RequestNumbers lists requests, the newest first; only those that did not end
	// by an event, or all.
	RequestNumbers(all bool) ([]int, error)
	// EventAt reads an event with the texts beside it.
	EventAt(seq int64) (trail.Stored, error)
	// EventsAbout counts the events behind a number that are about a request.
	EventsAbout(request int, behind int64) (int, error)
}

// Gate is what a command passes that a policy guards.
type Gate struct {
	Operator token.Operator
	Now      func() time.Time
	// With is what else has to be said to reach the store that the request is in: it is
	// not where a front end looks by itself.
	With []fault.Setting
}

// Pass lets a command through, or says what it waits for: see the package's comment.
// What else the policy demands of the command is looked at first.
func (g Gate) Pass(r Reader, o Order, w token.Words) (token.Words, error) {
	w.Request = 0
	p, err := token.PolicyOf(r)
	if err != nil {
		return w, err
	}
	if o.OrGuard != "" && !p.Guards(o.Guard) {
		o.Guard = o.OrGuard
	}
	guarded, said := p.Guards(o.Guard), w
	if guarded && said.Approver == "" {
		said.Approver = "who will approve the request"
	}
	if err := p.Check(o.By, said); err != nil {
		return w, err
	}
	if !guarded {
		if o.Always && w.Approver == "" {
			_, err = token.ParseApprover("", g.Operator)
		}
		return w, err
	}
	if w.Approver != "" {
		return w, fault.Errorf(fault.NotAllowed, "the policy demands that the second person approves %s at an account of their own: a name that is typed does not count", o.By).
			WithHint("leave out %s: a request is made, and they approve it", fault.ApprovedBy)
	}
	live, err := r.RequestNumbers(false)
	if err != nil {
		return w, err
	}
	needed := &Needed{Order: o, Words: w}
	for _, n := range live {
		q, err := Read(r, n)
		switch {
		case err != nil:
			return w, err
		case !q.IsOf(g.Operator) || q.EndedAt(g.Now()):
		case q.content.isFor(o, w):
			return g.use(r, q, o, w)
		case q.State == Approved && q.Command == o.By && needed.Approved == nil && // the newest
			slices.ContainsFunc(q.What, func(s string) bool { return slices.Contains(o.What, s) }): // and much the same
			needed.Approved = &q
		}
	}
	return w, needed
}

// use takes a request for an order that is the same.
func (g Gate) use(r Reader, q Request, o Order, w token.Words) (token.Words, error) {
	if q.State == Waiting {
		return w, fault.Errorf(fault.NotAllowed, "%s waits for a second person still: request %d", o.By, q.Number).
			WithHint("somebody else approves it, at an account of their own, until %s: %s", q.Ends.Format(time.RFC3339), fault.Do(token.CmdRequestApprove, q.Number, g.With))
	}
	tokens, err := digest(r, o.Touches, q.content.Nonce)
	if err != nil {
		return w, err
	}
	if tokens != q.content.Tokens || stateDigest(o.State, q.content.Nonce) != q.content.State {
		return w, changedError(q)
	}
	later, err := r.EventsAbout(q.Number, q.row.Decided)
	switch {
	case err != nil:
		return w, err
	case later > 0:
		return w, fault.Errorf(fault.Integrity, "the trail says that request %d is over, the table that it is not", q.Number).
			WithHint("%s tells more", fault.Do("audit verify"))
	}
	w.Request, w.Approver = q.Number, token.Approver(q.Approver.Name)
	return w, nil
}

func changedError(q Request) *fault.Error {
	return fault.Errorf(fault.NotAllowed, "what request %d is about has changed since it was made; nothing was changed", q.Number).
		WithHint("%s, look at it again, and ask anew", fault.Do(token.CmdRequestWithdraw, q.Number))
}
