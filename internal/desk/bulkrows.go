package desk

import (
	"context"
	"errors"
	"slices"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// attempt makes a row the attempt that `fob bind` would make of it.
func (b *bulk) attempt(row BulkRow, keys Keyring) *attempt {
	req := Codes{Serial: row.Serial, Words: row.Words, NewAccount: row.NewAccount, Undated: row.ReadAt.IsZero(), Many: true}
	at := row.ReadAt
	if req.Undated {
		at = b.desk.Now()
	}
	for _, code := range row.Codes {
		req.Codes = append(req.Codes, Typed{Text: code, At: at})
	}
	return &attempt{desk: b.desk, req: req, by: token.CmdBind, keys: keys}
}

// assign assigns the token of one row.
func (b *bulk) assign(tx Tx, row BulkRow) (Answered, error) {
	t, err := tx.Token(row.Serial)
	reason := otp.WrongState
	switch {
	case err != nil:
		reason = NoSuchToken
	case t.Expired(b.desk.Now()):
		reason, err = otp.Expired, expiredError(t)
	default:
		err = b.desk.MoveIn(tx, &t, Change{Serial: row.Serial, By: token.CmdAssign, To: token.Assigned,
			Words: row.Words, NewAccount: row.NewAccount})
		if fault.KindOf(err) == fault.NotFound {
			reason = NoSuchAccount
		}
	}
	switch {
	case err != nil && !rowsOwn(err):
		return Answered{}, err
	case err != nil:
		return refusedRow(row, reason, err), nil
	}
	account := string(t.Account)
	return answerTo(row, Outcome{Serial: t.Serial, Account: &account, Outcome: accepted, Token: t}, nil), nil
}

// errNothing ends a transaction of which nothing is to be kept.
var errNothing = errors.New("nothing of the file is stored")

// runWhole stores all rows or none. What is wrong with rows by themselves is
// told before any code is compared.
func (b *bulk) runWhole(ctx context.Context) error {
	if len(b.Rows) > maxWhole {
		return fault.Errorf(fault.Refused, "the file has %d rows; --all-or-nothing takes %d, since everybody else who writes waits for it", len(b.Rows), maxWhole).
			WithHint("split the file, or leave the flag out: then each row stands for itself")
	}
	var answers []Answered
	err := b.desk.Store.Update(ctx, func(tx Tx) error {
		all, keep, err := b.judge(newRemembering(tx), b.Rows)
		answers = all
		if err == nil && !keep {
			err = errNothing
		}
		return err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return b.interrupted()
	case err != nil && !errors.Is(err, errNothing):
		return b.stopped(err)
	}
	if err := b.answer(answers); err != nil || b.refused == 0 {
		return err
	}
	return fault.Errorf(fault.Refused, "%d of %d rows were refused; nothing of the file was stored", b.refused, b.total).
		WithHint("%s", b.afterWhole)
}

// faults answers a whole file that has rows which are wrong by themselves.
func faults(rows []BulkRow) (answers []Answered, any bool) {
	for _, row := range rows {
		if row.Fault != nil {
			answers, any = append(answers, faulty(row)), true
			continue
		}
		answers = append(answers, untried(row))
	}
	return answers, any
}

// assignWhole assigns all or, as soon as one row is refused, none.
func (b *bulk) assignWhole(tx Tx, rows []BulkRow) (answers []Answered, keep bool, err error) {
	if answers, any := faults(rows); any {
		return answers, false, nil
	}
	keep = true
	for _, row := range rows {
		one, err := b.assign(tx, row)
		if err != nil {
			return nil, false, err
		}
		keep = keep && one.Accepted()
		answers = append(answers, one)
	}
	if keep {
		return answers, true, nil
	}
	for i, row := range rows {
		if answers[i].Accepted() {
			answers[i] = refusedRow(row, AllOrNothing, fault.Errorf(fault.Refused, "nothing is wrong with this row, but other rows were refused"))
		}
	}
	return answers, false, nil
}

// bindWhole binds all rows or none. First everything is looked at that needs no
// code, so that a wrong serial does not cost the whole file its codes; then all
// codes are compared; and only then it is known what is stored.
func (b *bulk) bindWhole(tx Tx, rows []BulkRow, keys Keyring) ([]Answered, bool, error) {
	if answers, any := faults(rows); any {
		return answers, false, nil
	}
	w := wholeFile{bulk: b, tx: tx, rows: rows, given: map[string][]token.Serial{}}
	for _, row := range rows {
		a := b.attempt(row, keys)
		a.held = true
		w.attempts = append(w.attempts, a)
	}
	w.answers = make([]Answered, len(rows))
	for i, row := range rows {
		w.answers[i] = untried(row)
	}
	if err := w.each(w.foresee); err != nil {
		return nil, false, err
	}
	if w.refused == 0 {
		if err := w.each(w.compare); err != nil {
			return nil, false, err
		}
		for i := range rows {
			if err := w.store(i); err != nil {
				return nil, false, err
			}
		}
	}
	return w.answers, true, nil
}

// wholeFile is a file whose rows are stored together.
type wholeFile struct {
	*bulk
	tx       Tx
	rows     []BulkRow
	attempts []*attempt
	answers  []Answered
	given    map[string][]token.Serial // by account: what the rows so far give it
	refused  int
	inARow   int
}

// each does one thing with every row, up to the twentieth refusal in a row.
func (w *wholeFile) each(do func(i int) error) error {
	w.inARow = 0
	for i := 0; i < len(w.rows) && w.inARow < maxRefusals; i++ {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// settle answers row i; a refusal makes the file one that is not stored.
func (w *wholeFile) settle(i int, err error) error {
	a := w.attempts[i]
	one, err := answered(w.rows[i], a, err)
	if err != nil {
		return err
	}
	w.answers[i] = one
	if w.inARow++; one.Accepted() {
		w.inARow = 0
	} else {
		w.refused++
	}
	return nil
}

// foresee refuses what no code could help.
func (w *wholeFile) foresee(i int) error {
	a := w.attempts[i]
	var err error
	if a.token, err = w.tx.Token(a.req.Serial); err == nil {
		err = a.check(w.tx)
	}
	if err == nil {
		a.req.Account, err = w.tx.KnownAccount(a.req.Account)
	}
	if err == nil {
		err = w.checkShare(a)
	}
	if err == nil {
		_, err = a.parse()
	}
	switch {
	case err == nil:
		w.inARow = 0
		return nil
	case a.refusal != nil && a.refusal.Kind != fault.CodeRefused && a.reason != otp.ClockBehind:
		if err := a.record(w.tx, nil); err != nil {
			return err
		}
	}
	return w.settle(i, err)
}

// checkShare holds what the file itself gives an account against the policy:
// nothing of it is stored yet.
func (w *wholeFile) checkShare(a *attempt) error {
	key := a.req.Account.Key()
	others := w.given[key]
	w.given[key] = append(others, a.token.Serial)
	if a.policy.PerAccount == 0 || len(others) == 0 {
		return nil // what the account has already was looked at
	}
	has, err := w.tx.TokensOf(a.req.Account)
	if err != nil {
		return err
	}
	for _, s := range others {
		if !slices.Contains(has, s) {
			has = append(has, s)
		}
	}
	has = slices.DeleteFunc(has, func(s token.Serial) bool { return s == a.token.Serial })
	var refusal *fault.Error
	if errors.As(a.policy.CheckShare(a.req.Account, has), &refusal) {
		return a.refuse(otp.ByPolicy, refusal)
	}
	return nil
}

// compare compares codes; of right ones nothing is written yet.
func (w *wholeFile) compare(i int) error {
	return w.settle(i, w.attempts[i].try(w.tx))
}

// store binds, or where a row of the file was refused, uses the right codes up.
func (w *wholeFile) store(i int) (err error) {
	a := w.attempts[i]
	switch {
	case !a.result.Accepted:
		return nil
	case w.refused == 0:
		err = a.accept(w.tx)
	default:
		err = a.useUp(w.tx)
	}
	if err != nil {
		return err
	}
	w.answers[i], err = answered(w.rows[i], a, nil)
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
