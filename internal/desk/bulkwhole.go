package desk

import (
	"context"
	"errors"
	"slices"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// errNothing ends a transaction of which nothing is to be kept.
var errNothing = errors.New("nothing of the file is stored")

// runWhole stores all rows or none. What is wrong with rows by themselves is
// told before any code is compared.
func (b *bulk) runWhole(ctx context.Context) error {
	if len(b.Rows) > maxWhole {
		return fault.Errorf(fault.Refused, "the file has %d rows; %s takes %d, because everybody else who writes waits for it", len(b.Rows), fault.Whole, maxWhole).
			WithHint("split it, or leave that out: then each row stands for itself")
	}
	answers := untried(b.Rows)
	err := b.desk.Store.Update(ctx, func(tx Tx) (err error) {
		var keep bool
		switch tx = newRemembering(tx); {
		case slices.ContainsFunc(b.Rows, func(row BulkRow) bool { return row.Fault != nil }):
			for i, row := range b.Rows {
				if row.Fault != nil {
					answers[i] = refusedRow(row, row.fault, row.Fault)
				}
			}
		case b.keys == nil:
			keep, err = b.assignWhole(tx, answers)
		default:
			keep, err = true, b.bindWhole(tx, answers)
		}
		if err == nil && !keep {
			return errNothing
		}
		return err
	})
	if err != nil && (ctx.Err() != nil || !errors.Is(err, errNothing)) {
		return b.stopped(ctx, err)
	}
	if err := b.answer(answers); err != nil || b.refused == 0 {
		return err
	}
	refusal := fault.Errorf(fault.Refused, "%d of %d rows were refused; nothing of the file was stored", b.refused, b.total)
	if !b.compared {
		return refusal.WithHint("correct these rows and try the whole file again")
	}
	return refusal.WithHint("codes that were compared stay used or counted: each row shows its result")
}

// assignWhole assigns all or, as soon as one row is refused, none.
func (b *bulk) assignWhole(tx Tx, answers []Answered) (keep bool, err error) {
	keep = true
	for i, row := range b.Rows {
		var so bool
		if answers[i], so, err = b.alreadySo(tx, row); err == nil && !so {
			answers[i], err = b.assign(tx, row)
		}
		if err != nil {
			return false, err
		}
		keep = keep && answers[i].Settled()
	}
	for i, row := range b.Rows {
		if !keep && answers[i].Accepted() {
			answers[i] = refusedRow(row, AllOrNothing, fault.Errorf(fault.Refused, "nothing is wrong with this row, but other rows were refused"))
		}
	}
	return keep, nil
}

// bindWhole binds all rows or none. First everything is looked at that needs no
// code, so that a wrong serial does not cost the whole file its codes; then all
// codes are compared; and only then it is known what is stored. Each of the first
// two passes ends at the twentieth refusal in a row.
func (b *bulk) bindWhole(tx Tx, answers []Answered) (err error) {
	attempts, err := b.toTry(tx, answers)
	if err != nil {
		return err
	}
	given := map[string][]token.Serial{} // by account: tokens of the rows so far
	anyRefused := false
	settle := func(i, inARow int, err error) (int, error) {
		if answers[i], err = answered(b.Rows[i], attempts[i], err); err != nil {
			return inARow, err
		}
		if answers[i].Accepted() {
			return 0, nil
		}
		anyRefused = true
		return inARow + 1, nil
	}
	for i, inARow := 0, 0; i < len(attempts) && inARow < MaxRefusals; i++ {
		a := attempts[i]
		if a == nil {
			continue
		}
		a.held = true
		err := a.checkRow(tx, given)
		if err == nil {
			inARow = 0
			continue
		}
		if a.refusal != nil && a.refusal.Kind != fault.CodeRefused && a.reason != otp.ClockBehind {
			if err := a.record(tx, nil); err != nil {
				return err
			}
		}
		if inARow, err = settle(i, inARow, err); err != nil {
			return err
		}
	}
	if anyRefused {
		return nil
	}
	tried, refused := 0, 0
	for i, inARow := 0, 0; i < len(attempts) && !b.tooMany(tried, refused, inARow); i++ {
		if attempts[i] == nil {
			continue
		}
		tried++
		b.compared = true
		if over, err := b.overBudget(tx, b.Rows[i]); err != nil {
			return err
		} else if over {
			anyRefused = true
			break
		}
		if inARow, err = settle(i, inARow, attempts[i].try(tx)); err != nil {
			return err
		}
		if !answers[i].Accepted() {
			refused++
		}
	}
	for i, a := range attempts {
		switch {
		case a == nil || !a.result.Accepted:
			continue
		case anyRefused:
			err = a.useUp(tx)
		default:
			err = a.accept(tx)
		}
		if err != nil {
			return err
		}
		if answers[i], err = answered(b.Rows[i], a, nil); err != nil {
			return err
		}
	}
	return nil
}

// toTry are the attempts of the rows; nil: of one that is done already.
func (b *bulk) toTry(tx Tx, answers []Answered) ([]*attempt, error) {
	attempts, begun := make([]*attempt, len(b.Rows)), false
	for i, row := range b.Rows {
		a, so, err := b.alreadySo(tx, row)
		if err != nil {
			return nil, err
		}
		if so {
			answers[i] = a
			continue
		}
		if !begun {
			if over, err := b.overBudget(tx, row); over || err != nil {
				return nil, errors.Join(b.over, err)
			}
		}
		attempts[i], begun = b.attempt(row), true
	}
	return attempts, nil
}

// checkRow refuses what no code could help, and codes that are none. What the file
// itself returns an account counts against the policy too: nothing of it is stored yet.
func (a *attempt) checkRow(tx Tx, given map[string][]token.Serial) (err error) {
	if a.token, err = tx.Token(a.req.Serial); err == nil {
		err = tx.Vouch(a.token.ID)
	}
	if err != nil {
		return err
	}
	if err := a.check(tx); err != nil {
		return err
	}
	if a.req.Account, err = tx.KnownAccount(a.req.Account); err != nil {
		return err
	}
	key := a.req.Account.Key()
	others := given[key]
	given[key] = append(others, a.token.Serial)
	if a.policy.PerAccount > 0 && len(others) > 0 { // what the account has already was looked at
		has, err := tx.TokensOf(a.req.Account)
		if err != nil {
			return err
		}
		for _, s := range others {
			if !slices.Contains(has, s) {
				has = append(has, s)
			}
		}
		has = slices.DeleteFunc(has, func(s token.Serial) bool { return s == a.token.Serial })
		var over *fault.Error
		if errors.As(a.policy.CheckShare(a.req.Account, has), &over) {
			return a.refuse(otp.ByPolicy, over)
		}
	}
	_, err = a.parse()
	return err
}

// useUp writes down that codes were right of which nothing came: somebody knows
// now that they were, so they are never accepted again.
func (a *attempt) useUp(tx Tx) error {
	a.token.Watermark = token.MarkAt(a.result.Last)
	if err := tx.SaveToken(a.token); err != nil {
		return err
	}
	a.refuse(AllOrNothing, fault.Errorf(fault.Refused, "its codes are right, but other rows were refused").
		WithHint("its codes are used up: let the person read the next ones"))
	return a.record(tx, new(a.token.Standing))
}

// remembering asks the database once in a group what many rows ask: the first
// drifts of a batch, which are a thousand rows. It adds those that the group
// brings, so that a row gets the answer that it would get alone.
type remembering struct {
	Tx
	drifts map[int64][]float64
	unseen map[int64]bool // tokens that were never observed
}

func newRemembering(tx Tx) Tx { return remembering{tx, map[int64][]float64{}, map[int64]bool{}} }

// FirstDrifts reads those of a batch once. The limit is always the same.
func (r remembering) FirstDrifts(batchID int64, limit int) ([]float64, error) {
	if known, ok := r.drifts[batchID]; ok {
		return known, nil
	}
	drifts, err := r.Tx.FirstDrifts(batchID, limit)
	if err == nil {
		r.drifts[batchID] = drifts
	}
	return drifts, err
}

// Observations notes which tokens have none.
func (r remembering) Observations(tokenID int64) ([]token.Observation, error) {
	all, err := r.Tx.Observations(tokenID)
	r.unseen[tokenID] = err == nil && len(all) == 0
	return all, err
}

// AddObservation puts a first drift in front of the others of its batch, where
// the database has the newest.
func (r remembering) AddObservation(t token.Token, o token.Observation) error {
	err := r.Tx.AddObservation(t, o)
	if known, ok := r.drifts[t.BatchID]; ok && err == nil && r.unseen[t.ID] {
		r.drifts[t.BatchID] = append([]float64{o.Drift}, known[:min(len(known), batchSample-1)]...)
	}
	return err
}
