package desk

import (
	"context"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
)

// maxAtOnce bounds the tokens of one command: they are one transaction.
const maxAtOnce = SliceSize

// SliceSize is how many tokens one transaction changes at most: anyone who else has
// something to write waits for one of them.
const SliceSize = 5000

// MoveAll does the same with several tokens: all of them, or none.
func (d *Desk) MoveAll(ctx context.Context, serials []token.Serial, c Change) (all []token.Token, err error) {
	if c.To == token.Retired {
		all, _, err = d.Retire(ctx, serials, c)
		return all, err
	}
	return d.moveAll(ctx, serials, c)
}

// Retire ends tokens and destroys their seeds, and says what became of these in the
// store's files.
func (d *Desk) Retire(ctx context.Context, serials []token.Serial, c Change) (all []token.Token, e token.Erasure, err error) {
	c.By, c.To = token.CmdRetire, token.Retired
	if all, err = d.moveAll(ctx, serials, c); err == nil {
		e, err = d.Erase(ctx)
	}
	return all, e, err
}

func (d *Desk) moveAll(ctx context.Context, serials []token.Serial, c Change) (all []token.Token, err error) {
	if len(serials) > maxAtOnce {
		return nil, fault.Errorf(fault.Usage, "%d tokens in one command; %d are the most, because the desk waits for all of them", len(serials), maxAtOnce)
	}
	if c.Loss.Reported.After(d.Now()) {
		return nil, fault.Errorf(fault.Usage, "the loss was reported at %s, which is yet to come", c.Loss.Reported.Format(time.RFC3339))
	}
	err = d.Store.Update(ctx, func(tx Tx) error {
		all = nil
		c := c
		if len(serials) == 1 {
			tx.Foresee(Foresight{Serial: serials[0], Account: c.Account, By: d.Operator})
		}
		if c.Words, err = d.allowMoves(tx, serials, c); err != nil {
			return err
		}
		for _, serial := range serials {
			t, err := tx.Token(serial)
			if c.Owner != "" && err != nil && fault.KindOf(err) == fault.NotFound {
				return notTheirs()
			}
			if err != nil {
				return err
			}
			if err := cannotBeGiven(t, d.Now()); c.By == token.CmdAssign && err != nil {
				return err
			}
			if err := d.MoveIn(tx, &t, c); err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// allowMoves holds a move against the policy. What destroys seeds may have to wait for
// a second person, who is not asked about what is not possible.
func (d *Desk) allowMoves(tx Tx, serials []token.Serial, c Change) (Words, error) {
	o := request.Order{By: c.By}
	if c.To == token.Retired {
		o.Guard, o.Touches = token.GuardDestroy, serials
		names := make([]string, len(serials))
		for i, serial := range serials {
			t, err := tx.Token(serial)
			if err == nil {
				_, err = t.Move(c.By, c.To)
			}
			if err != nil {
				return c.Words, err
			}
			names[i] = string(t.Serial)
			o.What = append(o.What, "serial="+string(t.Serial))
		}
		o.Effect = "retire and destroy the seed of token " + strings.Join(names, ", ")
	}
	if c.By == token.CmdRelease {
		if err := releaseOrder(tx, serials, c, &o); err != nil {
			return c.Words, err
		}
	}
	return d.Allow(tx, o, c.Words)
}
