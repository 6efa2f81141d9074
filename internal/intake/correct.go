package intake

import (
	"cmp"
	"context"
	"slices"
	"time"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
	"fob/internal/trail"
)

// Correction says what a batch was imported with wrongly. Only the fields in
// Given count.
type Correction struct {
	BatchChange
	Given   seedfile.FieldSet
	Params  token.Params
	Counter int64
}

// Resupply corrects what the delivery of a batch is said to be; what is empty stays.
type Resupply struct {
	BatchChange
	Supply token.Supply
}

// CorrectSupply records, in one event, how many tokens were ordered and with which
// order, if the import was not told, or was told it wrongly.
func (d *Intake) CorrectSupply(ctx context.Context, c Resupply) (res Corrected, err error) {
	change := func(r Reader) (b Batch, err error) {
		if b, err = liveBatch(r, c.Number); err != nil {
			return b, err
		}
		now := b.Supplied
		now.Order, now.Supplier, now.Expected = cmp.Or(c.Supply.Order, now.Order), cmp.Or(c.Supply.Supplier, now.Supplier), cmp.Or(c.Supply.Expected, now.Expected)
		if !c.Supply.Received.IsZero() {
			now.Received = c.Supply.Received.Format(time.DateOnly)
		}
		was := b.Supplied
		if res = (Corrected{Batch: b.Number, DryRun: c.DryRun, Was: &was, Now: &now, Changes: []ChangedParams{}}); now == was {
			return b, fault.Errorf(fault.NotAllowed, "there is nothing to correct in batch %d: this is recorded already", b.Number)
		}
		b.Supplied = now
		return b, nil
	}
	if c.DryRun {
		err = d.Store.View(ctx, func(r Reader) error { _, err := change(r); return err })
		return res, err
	}
	err = d.Store.Update(ctx, func(tx Tx) error {
		if err := desk.Demand(tx, token.CmdBatchCorrect, c.Words); err != nil {
			return err
		}
		b, err := change(tx)
		if err != nil {
			return err
		}
		if err := tx.VouchSlice(b, b.FirstID, 1); err != nil {
			return err
		}
		e, err := d.batchEvent(token.CmdBatchCorrect, b, c.Words)
		if err != nil {
			return err
		}
		if err := tx.SaveSupply(b); err != nil {
			return err
		}
		return trail.Record(tx, e, trail.CorrectDetail{Number: b.Number, Spans: []trail.Span{}, Was: res.Was, Now: res.Now})
	})
	return res, err
}

// Corrected is what became of the parameters of a batch.
type Corrected struct {
	Batch     int             `json:"batch"`
	DryRun    bool            `json:"dry_run"`
	Corrected int             `json:"corrected"`
	Right     int             `json:"right"` // had the parameters already
	Left      int             `json:"left"`  // were bound once, or answered a code: their parameters are right; or they have no seed
	Changes   []ChangedParams `json:"changes"`
	Was       *trail.Supply   `json:"was"` // what the delivery was said to be; null: its tokens were corrected
	Now       *trail.Supply   `json:"now"`
}

// ChangedParams tells what became what, in words.
type ChangedParams struct {
	Before string `json:"before"`
	After  string `json:"after"`
	Tokens int    `json:"tokens"`
}

// CorrectBatch mends the parameters of those tokens of a batch that were never
// bound. One that was bound, or answered a code, has shown that its parameters
// are right, and keeps them.
func (d *Intake) CorrectBatch(ctx context.Context, c Correction) (res Corrected, err error) {
	b, err := d.batch(ctx, c.BatchChange, token.CmdBatchCorrect)
	if err != nil {
		return res, err
	}
	plan := c
	plan.DryRun, plan.Progress = true, nil
	if res, err = d.correct(ctx, b, plan); err != nil || c.DryRun {
		return res, err
	}
	if res.Corrected == 0 {
		return res, nothingToCorrect(b, res)
	}
	return d.correct(ctx, b, c)
}

func nothingToCorrect(b Batch, res Corrected) error {
	why := "they have these parameters already"
	if res.Left > 0 {
		why = "they have these parameters, or were bound and so have shown that theirs are right"
	}
	return fault.Errorf(fault.NotAllowed, "there is nothing to correct in batch %d: %s", b.Number, why)
}

func (d *Intake) correct(ctx context.Context, b Batch, c Correction) (res Corrected, err error) {
	res = Corrected{Batch: b.Number, DryRun: c.DryRun, Changes: []ChangedParams{}}
	var done Corrected // of the slice under way
	err = d.eachSlice(ctx, b, c.BatchChange, func(r Reader, first int64) ([]SliceToken, error) {
		if b, err = liveBatch(r, c.Number); err != nil {
			return nil, err
		}
		tokens, err := r.Slice(b, first, SliceSize)
		if err != nil {
			return nil, err
		}
		done = res
		done.Changes = slices.Clone(res.Changes)
		before, after, err := c.apply(tokens, &done)
		if tx, ok := r.(Tx); ok && err == nil && !c.DryRun && len(after) > 0 {
			err = d.correctSlice(tx, b, c, before, after)
		}
		return after, err
	}, func([]SliceToken) { res = done })
	return res, err
}

// apply returns the tokens that are to be corrected, before and after.
func (c Correction) apply(tokens []SliceToken, res *Corrected) (before, after []SliceToken, err error) {
	for _, t := range tokens {
		if t.Bound || t.Proven || t.SeedDestroyed {
			res.Left++
			continue
		}
		mended, err := c.mend(t)
		if err != nil {
			return nil, nil, c.unmended(t, err)
		}
		if mended.Facts == t.Facts {
			res.Right++
			continue
		}
		before, after = append(before, t), append(after, mended)
		res.Corrected++
		res.count(t.Facts, mended.Facts)
	}
	return before, after, nil
}

// unmended reports whether it is the correction itself that no token could follow,
// or this token that it does not suit.
func (c Correction) unmended(t SliceToken, err error) error {
	if kind := c.Params.Type; c.Given.Has(seedfile.FieldType) {
		return fault.Errorf(fault.NotAllowed, "no token of type %s is so: %v", kind, err).
			WithHint("nothing was changed; TOTP takes %s and %s, HOTP %s", fault.Period, fault.T0, fault.Counter)
	}
	return fault.Errorf(fault.NotAllowed, "token %s: %v", t.Serial, err).
		WithHint("nothing was changed; if it is of another kind than the rest of its batch, the batch cannot be corrected as one")
}

// mend puts the given parameters in the place of a token's own. What its type
// does not know goes.
func (c Correction) mend(t SliceToken) (SliceToken, error) {
	set := c.Given.Has
	p := &t.Params
	if set(seedfile.FieldType) && c.Params.Type != p.Type {
		p.Type, p.Period, p.T0, t.Counter = c.Params.Type, 0, 0, 0
	}
	if set(seedfile.FieldHash) {
		p.Hash = c.Params.Hash
	}
	if set(seedfile.FieldDigits) {
		p.Digits = c.Params.Digits
	}
	if set(seedfile.FieldPeriod) {
		p.Period = c.Params.Period
	}
	if set(seedfile.FieldT0) {
		p.T0 = c.Params.T0
	}
	if set(seedfile.FieldCounter) {
		if p.Type != token.HOTP {
			return t, fault.Errorf(fault.NotAllowed, "a TOTP token has no counter")
		}
		t.Counter = c.Counter
	}
	if err := p.Validate(); err != nil {
		return t, err
	}
	return t, token.CheckCounter(t.Counter)
}

// maxChanges bounds the kinds of changes that are told apart.
const maxChanges = 20

func (res *Corrected) count(before, after token.Facts) {
	from, to := paramWords(before), paramWords(after)
	i := slices.IndexFunc(res.Changes, func(c ChangedParams) bool { return c.Before == from && c.After == to })
	if i < 0 {
		if len(res.Changes) >= maxChanges {
			return
		}
		i, res.Changes = len(res.Changes), append(res.Changes, ChangedParams{Before: from, After: to})
	}
	res.Changes[i].Tokens++
}

func paramWords(c token.Facts) string {
	return c.Params.String()
}

func (d *Intake) correctSlice(tx Tx, b Batch, c Correction, before, after []SliceToken) error {
	e, err := d.batchEvent(token.CmdBatchCorrect, b, c.Words)
	if err != nil {
		return err
	}
	counters := c.Given.Has(seedfile.FieldCounter) || c.Given.Has(seedfile.FieldType)
	if err := tx.Correct(after, counters); err != nil {
		return err
	}
	return trail.Record(tx, e, trail.CorrectDetail{Number: b.Number, Spans: spans(before, after, counters)})
}

// spans joins neighbours that had the same parameters and got the same.
func spans(before, after []SliceToken, counters bool) (all []trail.Span) {
	for i := range before {
		old, now := before[i].Params, after[i].Params
		n := len(all) - 1
		if n < 0 || all[n].Old != old || all[n].New != now || all[n].FirstID+int64(len(all[n].Serials)) != before[i].ID ||
			counters && *all[n].NewCounter != after[i].Counter {
			all = append(all, trail.Span{FirstID: before[i].ID, Old: old, New: now})
			n++
			if counters {
				all[n].NewCounter = &after[i].Counter
			}
		}
		all[n].Serials = append(all[n].Serials, before[i].Serial)
		if counters {
			all[n].OldCounters = append(all[n].OldCounters, before[i].Counter)
		}
	}
	return all
}
