package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
)

// RefusalReader knows how many codes of each operator were refused lately.
type RefusalReader interface {
	Refusals(by token.Operator) (token.Refusals, error)
}

// RefusalWriter writes that.
type RefusalWriter interface {
	SaveRefusals(by token.Operator, r token.Refusals) error
}

// overBudget is what stands against more codes of an operator so many of whose codes were
// refused within an hour; nil: nothing. Anyone who guesses a few times at each of many
// tokens locks none of them. A second person may let codes through all the same: a typed
// name, or, where the policy names refusals, a request.
func (d *Desk) overBudget(r RefusalReader, p token.Policy, now time.Time) (over *fault.Error, err error) {
	all, err := r.Refusals(d.Operator)
	if n := all.At(now).N; err == nil && n >= p.Refusals {
		over = fault.Errorf(fault.Refused, "fob refused %s of %s since %s: that is as many as one person may have in an hour", counted(n, "code"), d.Operator.Name, when(all.Since)).
			WithHint("a second person looks at it and approves what follows (%s), or wait until %s; nothing was compared", fault.ApprovedBy, when(all.Since.Add(token.RefusalSpan)))
	}
	return over, err
}

// allowed holds the attempt against the policy. A deep search takes a second person, and
// so does every code of an operator of whom too many were refused. What was begun is gone
// on with; a key that the operator has just made is not guessed at; and of a file it was
// looked at before.
func (a *attempt) allowed(r Reader) (w Words, err error) {
	w = a.req.Words
	var over *fault.Error
	if !a.req.Counted && !a.made && !a.row {
		if over, err = a.desk.overBudget(r, a.policy, a.now); err != nil {
			return w, err
		}
	}
	guarded := over != nil && a.policy.Guards(token.GuardRefusals)
	switch {
	case over != nil && !guarded && w.Approver == "":
		return w, over
	case !guarded && !a.req.Deep:
		return w, a.policy.Check(a.by, w)
	}
	o := request.Order{Guard: token.GuardDeep, By: a.by, Always: true, What: []string{"serial=" + string(a.token.Serial)},
		Touches: []token.Serial{a.token.Serial}, Effect: fmt.Sprintf("%s token %s", a.by, a.token.Serial)}
	if w.Account != "" {
		o.Effect += " to " + string(w.Account)
	}
	if a.req.Deep {
		o.What = append(o.What, "deep")
		o.Effect += " after a search for its codes as wide as is possible at all"
	}
	if a.req.NewAccount {
		o.What = append(o.What, "new-account")
	}
	if guarded {
		o.Guard, o.Effect = token.GuardRefusals, fmt.Sprintf("%s, though %v", o.Effect, over)
	}
	for _, s := range []struct{ name, value string }{{"to", string(a.req.To)}, {"replaces", string(a.req.Replaces)}, {"location", a.req.Location}} {
		if s.value != "" {
			o.What = append(o.What, s.name+"="+s.value)
		}
	}
	if a.req.Replaces != "" {
		o.Touches = append(o.Touches, a.req.Replaces)
	}
	return a.desk.Allow(r, o, w)
}

// overBudget notes that too many codes of the operator were refused for a row to be
// tried. A second person approves the file as a whole.
func (b *bulk) overBudget(r Reader, row BulkRow) (over bool, err error) {
	if b.keys == nil || b.second.Approver != "" {
		return false, nil
	}
	p, err := token.PolicyOf(r)
	if err != nil {
		return false, err
	}
	no, err := b.desk.overBudget(r, p, b.desk.Now())
	switch {
	case err != nil || no == nil:
		return false, err
	case !p.Guards(token.GuardRefusals):
		if row.Approver == "" {
			b.over = no
		}
		return b.over != nil, nil
	}
	if b.second, err = b.desk.Allow(r, b.order(no), b.Words); err != nil {
		b.second, b.over = Words{}, err
	}
	return b.over != nil, nil
}

// order is the file for the person who has to approve it: which token each row gives to
// whom. The codes are in no request.
func (b *bulk) order(over error) request.Order {
	return request.Order{Guard: token.GuardRefusals, By: token.CmdBind, Always: true,
		What:   []string{fmt.Sprintf("rows=%d", b.total), "sha256=" + b.digest, fmt.Sprintf("all-or-nothing=%t", b.Whole), fmt.Sprintf("new-account=%t", b.NewAccount)},
		Effect: fmt.Sprintf("bind the tokens of %s, from %s on, though %v", counted(b.total, "row"), b.first, over)}
}

// digestRows returns the first serial, and what stands for which token goes to whom.
func digestRows(rows []BulkRow) (first token.Serial, digest string) {
	h := sha256.New()
	for i, row := range rows {
		if i == 0 {
			first = row.Serial
		}
		fmt.Fprintf(h, "%q %q\n", row.Serial.Key(), row.Account.Key())
	}
	return first, hex.EncodeToString(h.Sum(nil))
}

// countRefusal counts a code that was refused, or that turned out right after all.
func (a *attempt) countRefusal(tx Tx, count func(token.Refusals, time.Time) token.Refusals) error {
	all, err := tx.Refusals(a.desk.Operator)
	if err != nil {
		return err
	}
	return tx.SaveRefusals(a.desk.Operator, count(all, a.now))
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
