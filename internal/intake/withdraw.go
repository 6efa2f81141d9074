package intake

import (
	"context"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/trail"
)

// WithdrawnBatch is what became of an import that was undone.
type WithdrawnBatch struct {
	Batch  int  `json:"batch"`
	DryRun bool `json:"dry_run"`
	Tokens int  `json:"tokens"` // removed, or to be removed
}

// WithdrawBatch undoes a wrong import, as long as every token of it is in stock
// and was never given out: its serials and seeds may come again. The first
// transaction checks that, and from then on nobody sees the tokens; they are
// removed in slices, each with an event that keeps their immutable columns. After
// an interruption the same command removes the rest.
func (d *Intake) WithdrawBatch(ctx context.Context, c BatchChange) (res WithdrawnBatch, err error) {
	res = WithdrawnBatch{Batch: c.Number, DryRun: c.DryRun}
	var b Batch
	left := 0
	err = d.Store.View(ctx, func(r Reader) error {
		if b, left, err = withdrawable(r, c); c.DryRun {
			res.Tokens = left
		}
		return err
	})
	if err != nil || c.DryRun {
		return res, err
	}
	err = d.eachSlice(ctx, b, c, func(r Reader, first int64) ([]SliceToken, error) {
		return d.withdrawSlice(r.(Tx), c, first, left)
	}, func(tokens []SliceToken) {
		res.Tokens, left = res.Tokens+len(tokens), left-len(tokens)
	})
	if err == nil {
		err = d.Desk.EmptyLog(ctx)
	}
	return res, err
}

// withdrawable refuses a batch that is more than a wrong import.
func withdrawable(r Reader, c BatchChange) (b Batch, left int, err error) {
	if err := desk.Demand(r, token.CmdBatchWithdraw, c.Words); err != nil {
		return b, 0, err
	}
	if b, err = r.WholeBatch(c.Number); err != nil {
		return b, 0, err
	}
	if left, err = r.CountTokens(b); err != nil {
		return b, 0, err
	}
	if !b.Withdrawn.IsZero() {
		if left == 0 {
			err = fault.Errorf(fault.NotAllowed, "batch %d was withdrawn already, on %s", b.Number, b.Withdrawn.Format(time.DateOnly))
		}
		return b, left, err
	}
	but, ok, err := r.Untouched(b)
	if err == nil && !ok {
		err = fault.Errorf(fault.NotAllowed, "batch %d cannot be withdrawn: token %s is not in stock, was given out before, or codes of it were tried", b.Number, but).
			WithHint("a batch that was in use is no wrong import; %s ends single tokens, %s takes all out of use",
				fault.Do(token.CmdRetire, "SERIAL"), fault.Do(token.CmdBatchQuarantine, b.Number))
	}
	return b, left, err
}

func (d *Intake) withdrawSlice(tx Tx, c BatchChange, first int64, left int) ([]SliceToken, error) {
	b, err := tx.WholeBatch(c.Number)
	if err != nil {
		return nil, err
	}
	begins := b.Withdrawn.IsZero()
	if begins { // what was seen before this transaction counts for nothing
		if b, left, err = withdrawable(tx, c); err != nil {
			return nil, err
		}
	}
	tokens, err := tx.Slice(b, first, SliceSize)
	if err != nil || len(tokens) == 0 && !begins {
		return nil, err
	}
	e, err := d.batchEvent(token.CmdBatchWithdraw, b, c.Words)
	if err != nil {
		return nil, err
	}
	if begins {
		b.Withdrawn = e.Time.Time
		if err := tx.SaveBatch(b); err != nil {
			return nil, err
		}
	}
	detail := trail.WithdrawDetail{Number: b.Number, Withdrawn: b.Withdrawn, Left: left - len(tokens)}
	for _, t := range tokens {
		detail.Tokens = append(detail.Tokens, t.Facts)
	}
	if err := tx.CarryOff(tokens); err != nil {
		return nil, err
	}
	return tokens, trail.Record(tx, e, detail)
}
