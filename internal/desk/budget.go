package desk

import (
	"time"

	"fob/internal/fault"
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

// checkBudget demands a second person of an operator so many of whose codes were refused
// within an hour: anyone who guesses a few times at each of many tokens locks none of them.
func (d *Desk) checkBudget(r RefusalReader, p token.Policy, second token.Approver, now time.Time) error {
	if second != "" {
		return nil
	}
	all, err := r.Refusals(d.Operator)
	if n := all.At(now).N; err == nil && n >= p.Refusals {
		err = fault.Errorf(fault.Refused, "%d codes that %s tried were refused since %s: that is as many as one person may have in an hour", n, d.Operator.Name, when(all.Since)).
			WithHint("a second person looks at it and approves what follows (%s), or wait until %s; nothing was compared", fault.ApprovedBy, when(all.Since.Add(token.RefusalSpan)))
	}
	return err
}

// countRefusal counts a code that was refused, or that turned out right after all.
func (a *attempt) countRefusal(tx Tx, count func(token.Refusals, time.Time) token.Refusals) error {
	all, err := tx.Refusals(a.desk.Operator)
	if err != nil {
		return err
	}
	return tx.SaveRefusals(a.desk.Operator, count(all, a.now))
}
