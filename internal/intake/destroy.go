package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

// DestroyedSeeds is what became of a batch's seeds.
type DestroyedSeeds struct {
	Batch   int                 `json:"batch"`
	DryRun  bool                `json:"dry_run"`
	Tokens  int                 `json:"tokens"`  // whose seeds were destroyed, or would be
	States  map[token.State]int `json:"states"`  // of them
	Erasure *token.Erasure      `json:"erasure"` // null: nothing was destroyed yet
}

// mostTouched is how many tokens a request holds against what they were when it was
// made; of more it holds how many there are in each state.
const mostTouched = 1000

// Destroyable counts the seeds that a batch has here. Unless it is a dry run it also
// asks whether they may be destroyed.
func (d *Intake) Destroyable(ctx context.Context, c BatchChange) (res DestroyedSeeds, err error) {
	_, res, err = d.destroyable(ctx, c)
	return res, err
}

func (d *Intake) destroyable(ctx context.Context, c BatchChange) (b Batch, res DestroyedSeeds, err error) {
	res = DestroyedSeeds{Batch: c.Number, DryRun: c.DryRun}
	err = d.Store.View(ctx, func(r Reader) error {
		if b, err = liveBatch(r, c.Number); err != nil {
			return err
		}
		if res.States, err = r.SeedStates(b); err != nil {
			return err
		}
		for _, n := range res.States {
			res.Tokens += n
		}
		if res.Tokens > 0 && !c.DryRun {
			_, err = d.allowDestroying(r, b, c.Words)
		}
		return err
	})
	return b, res, err
}

// DestroySeeds destroys the seeds of a batch for good; its tokens stay what they are.
// It takes a second person. Where no seed is left it changes nothing, and looks once
// more at the files: so it can be called again after an interruption.
func (d *Intake) DestroySeeds(ctx context.Context, c BatchChange) (res DestroyedSeeds, err error) {
	b, would, err := d.destroyable(ctx, c)
	if err != nil || c.DryRun {
		return would, err
	}
	res = DestroyedSeeds{Batch: c.Number, States: map[token.State]int{}}
	if left := would.Tokens; left > 0 {
		begun := false
		err = d.eachSlice(ctx, b, c, func(r Reader, first int64) ([]SliceToken, error) {
			tx := r.(Tx)
			if b, err = liveBatch(tx, c.Number); err != nil {
				return nil, err
			}
			if !begun {
				if c.Words, err = d.allowDestroying(tx, b, c.Words); err != nil {
					return nil, err
				}
			}
			tokens, err := d.destroySlice(tx, b, c, first, left)
			begun = begun || len(tokens) > 0 && err == nil
			return tokens, err
		}, func(tokens []SliceToken) {
			res.Tokens, left = res.Tokens+len(tokens), left-len(tokens)
			for _, t := range tokens {
				res.States[t.State]++
			}
		})
	}
	if err != nil && res.Tokens == 0 {
		return res, err
	}
	e, erased := d.Desk.Erase(ctx)
	res.Erasure = &e
	if err == nil {
		err = erased
	}
	return res, err
}

// allowDestroying asks for the second person, who approves all slices at once.
func (d *Intake) allowDestroying(r Reader, b Batch, w token.Words) (token.Words, error) {
	states, err := r.SeedStates(b)
	if err != nil {
		return w, err
	}
	n, words := 0, []string{}
	for _, s := range slices.Sorted(maps.Keys(states)) {
		n += states[s]
		words = append(words, fmt.Sprintf("%d %s", states[s], s))
	}
	o := request.Order{Guard: token.GuardDestroy, By: token.CmdBatchDestroy, What: []string{"batch=" + b.UUID.String(), fmt.Sprintf("seeds=%d", n)},
		Effect: fmt.Sprintf("destroy the seeds of batch %d for good (tokens: %s)", b.Number, strings.Join(words, ", ")), State: strings.Join(words, ","), Always: true}
	if n > 0 && n <= mostTouched && b.LastID-b.FirstID < SliceSize {
		tokens, err := sealedIn(r, b, b.FirstID)
		if err != nil {
			return w, err
		}
		for _, t := range tokens {
			o.Touches = append(o.Touches, t.Serial)
		}
	}
	return d.Desk.Allow(r, o, w)
}

// sealedIn are the tokens of a slice that have a seed.
func sealedIn(r Reader, b Batch, first int64) ([]SliceToken, error) {
	tokens, err := r.Slice(b, first, SliceSize)
	return slices.DeleteFunc(tokens, func(t SliceToken) bool { return t.SeedDestroyed || !t.Type.HasSeed() }), err
}

func (d *Intake) destroySlice(tx Tx, b Batch, c BatchChange, first int64, left int) ([]SliceToken, error) {
	tokens, err := sealedIn(tx, b, first)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	e, err := d.batchEvent(token.CmdBatchDestroy, b, c.Words)
	if err != nil {
		return nil, err
	}
	detail := trail.DestroyDetail{Number: b.Number, Left: left - len(tokens)}
	var ids trail.IDRanges
	for _, t := range tokens {
		detail.Serials, ids = append(detail.Serials, t.Serial), ids.With(t.ID)
	}
	if _, err := tx.DestroySeeds(ids); err != nil {
		return nil, err
	}
	return tokens, trail.Record(tx, e, detail)
}
