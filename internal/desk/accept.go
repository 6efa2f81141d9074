package desk

import (
	"cmp"
	"slices"

	"fob/internal/token"
	"fob/internal/trail"
)

// accept writes what the codes proved: they are used up, the drift is known,
// and the token is where the command takes it.
func (a *attempt) accept(tx Tx) error {
	e, err := a.event()
	if err != nil {
		return err
	}
	t, d, now := &a.token, a.detail(), e.Time.Time
	t.Watermark = token.MarkAt(a.result.Last)
	t.ClearFailures()
	if a.req.Counted {
		if err := a.countRefusal(tx, token.Refusals.TakenBack); err != nil {
			return err
		}
	}
	var has []token.Serial
	switch a.by {
	case token.CmdBind:
		if has, err = tx.TokensOf(a.req.Account); err != nil { // before anything is written
			return err
		}
		at, err := tx.AtVerifiers(t.ID)
		if err != nil {
			return err
		}
		a.verifiers = token.NotAs(a.req.Account, at)
		if err := a.endReplaced(tx); err != nil {
			return err
		}
		id, err := token.NewID(now, a.desk.Random)
		if err != nil {
			return err
		}
		t.State, t.Since, t.BoundAt, t.Account, t.Issued, d.Opened = token.Bound, now, now, a.req.Account, true, &id
		if err := tx.OpenBinding(token.Binding{UUID: id, TokenID: t.ID, Account: t.Account, Opened: now,
			By: a.desk.Operator, Approver: a.req.Approver, Proof: a.req.Proof, Codes: len(a.req.Codes), Ticket: a.req.Ticket}); err != nil {
			return err
		}
	case token.CmdUnbind:
		if d.Closed, err = endBinding(tx, t, a.req.To, now, a.req.Location, a.req.Condition); err != nil {
			return err
		}
		t.Marks = t.Marks.With(a.marks)
		if t.State == token.Retired { // a virtual one
			if err := destroy(tx, t); err != nil {
				return err
			}
		}
	}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	if d.Observation, err = a.observe(tx); err != nil {
		return err
	}
	if a.by == token.CmdBind {
		has = slices.DeleteFunc(has, func(s token.Serial) bool { return s.Key() == t.Serial.Key() || s.Key() == a.req.Replaces.Key() })
		has = append(has, t.Serial)
		if remark := token.RemarkShare(t.Account, has); remark != "" {
			a.warnings = append(a.warnings, remark)
		}
	}
	e.To, d.After = t.State, new(t.Standing)
	return trail.Record(tx, e, d)
}

// takeBack takes back the failure that the first code of a pair was when it was tried
// alone: the pair has shown that it was right. Anyone who believes the codes forgets all
// failures anyway; to check them leaves the others.
func (a *attempt) takeBack(tx Tx) error {
	a.token.Failures = max(0, a.token.Failures-1) // somebody may have forgotten them meanwhile
	if err := tx.SaveToken(a.token); err != nil {
		return err
	}
	if err := a.countRefusal(tx, token.Refusals.TakenBack); err != nil {
		return err
	}
	return a.record(tx, new(a.token.Standing))
}

// endReplaced ends the token that comes back for the one that is being bound;
// checkReplaced looked at it in the same transaction.
func (a *attempt) endReplaced(tx Tx) error {
	if a.req.Replaces == "" {
		return nil
	}
	old, err := tx.Token(a.req.Replaces)
	if err != nil {
		return err
	}
	to := cmp.Or(a.req.To, token.InStock)
	if old.Software {
		to = token.Retired // an app comes back to no drawer
	}
	w := a.req.Words
	w.Account, w.Condition = "", ""
	return a.desk.MoveIn(tx, &old, Change{Serial: old.Serial, By: endsReturned(old, to), To: to, Words: w})
}

// observe records the drift that the accepted codes showed, with the rate as it
// is estimated from now on.
func (a *attempt) observe(tx Tx) (*token.Observation, error) {
	if a.token.Profile.Type != token.TOTP || a.req.Undated {
		return nil, nil
	}
	o := token.Observation{At: a.req.Codes[len(a.req.Codes)-1].At.UTC(), Drift: a.result.Drift}
	a.history.Observations = append(a.history.Observations, o)
	if c := a.history.Clock(a.token.Profile.Period); c.Fitted {
		o.Rate = &c.RatePPM
	}
	return &o, tx.AddObservation(a.token, o)
}
