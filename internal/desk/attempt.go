package desk

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// attempt is one attempt at codes, in its transaction.
type attempt struct {
	desk  *Desk
	req   Codes
	by    token.Command
	keys  Keyring
	marks token.Marks // unbind: what it adds to the token's
	held  bool        // right codes are not acted upon yet
	made  bool        // bind: the token is a virtual one that is made in this transaction
	row   bool        // of a file, for which it was looked at how many codes were refused

	now        time.Time // of everything in the attempt: lock, binding and event agree
	policy     token.Policy
	token      token.Token
	history    otp.History
	prediction otp.Prediction
	result     otp.Result
	warnings   []string
	verifiers  []token.AtVerifier // that have a token which was bound otherwise

	reason  otp.Reason   // of a refusal
	refusal *fault.Error // what the caller gets; nil: accepted
}

// refuse notes why, and returns the refusal as an error.
func (a *attempt) refuse(reason otp.Reason, err *fault.Error) error {
	a.reason, a.refusal = reason, err
	return err
}

// run ends with an error if nothing may be written at all. A refusal that is to be
// written down is no error to the transaction: the caller finds it in a.refusal
// once all is committed.
func (a *attempt) run(tx Tx) (err error) {
	if !a.row {
		tx.Foresee(Foresight{Serial: a.req.Serial, Account: a.req.Account, By: a.desk.Operator, Codes: true, FirstDrifts: batchSample, BatchRates: rateSample})
	}
	if a.token, err = tx.Token(a.req.Serial); err != nil {
		return err
	}
	if a.by != token.CmdBind && !isOf(a.token, a.req.Owner) {
		return notTheirs()
	}
	if a.req.Replaces == "" {
		if err := asSeen(a.token, a.req.Seen); err != nil {
			return err
		}
	}
	if err := tx.Vouch(a.token.ID); err != nil {
		return err
	}
	if a.req.Account, err = tx.KnownAccount(a.req.Account); err != nil {
		return err
	}
	if n := len(a.req.Codes); n < 1 || n > 2 {
		return fault.Errorf(fault.Usage, "%d codes were given; one or two consecutive ones are needed", n)
	}
	if a.req.Deep && a.req.Reason == "" {
		return fault.Errorf(fault.Refused, "a deep search needs a reason")
	}
	if err := a.standing(tx); err != nil {
		return err
	}
	if a.refusal != nil {
		return a.record(tx, nil)
	}
	return a.try(tx)
}

// check is run without codes: what would be refused whatever they are. Nothing is
// written, because nobody tried anything yet.
func (a *attempt) check(r Reader) error {
	if err := a.standing(r); err != nil {
		return err
	}
	if a.refusal != nil {
		return a.refusal
	}
	return nil
}

// standing finds what stands against the attempt whatever the codes are. An error
// is of what the request lacks, and nobody tried a code yet; a refusal is of the
// token, and belongs into the trail. The policy comes first: it says whether the
// token is locked, which every refusal tells.
func (a *attempt) standing(r Reader) (err error) {
	a.now = a.desk.Now().UTC()
	if a.policy, err = token.PolicyOf(r); err != nil {
		return err
	}
	if err := checkClock(r, a.now); err != nil && a.token.Profile.Type != token.HOTP { // which needs no clock
		var behind *fault.Error
		if errors.As(err, &behind) && behind.Kind == fault.NotAllowed {
			return a.refuse(otp.ClockBehind, behind)
		}
		return err
	}
	if a.req.Words, err = a.allowed(r); err != nil {
		return err
	}
	if err := a.checkReplaced(r); err != nil {
		return err
	}
	if a.by == token.CmdUnbind {
		if a.marks, err = Marked(a.token, a.by, a.req.To, a.req.Words); err != nil {
			return err
		}
	}
	if n := len(a.req.Codes); n > 0 && n < a.codesNeeded() {
		return fault.Errorf(fault.Refused, "the policy demands two codes of %s, and one was given", a.by).
			WithHint("give both: %s %s; nothing was changed", fault.Codes.Is("FIRST"), fault.Codes.Is("NEXT"))
	}
	if a.by == token.CmdBind {
		theirs := a.token.State == token.Assigned && a.token.Account.Key() == a.req.Account.Key()
		if err := CheckAccount(r, a.req.Account, a.req.NewAccount, theirs); err != nil {
			if fault.KindOf(err) == fault.NotFound {
				a.reason = NoSuchAccount
			}
			return err
		}
	}
	if a.req.Location, err = returnedTo(r, a.req.Location, a.req.NewLocation); err != nil {
		return err
	}
	if a.checkToken(); a.refusal != nil || a.by != token.CmdBind {
		return nil
	}
	err = checkShare(r, a.policy, a.req.Account, a.req.Replaces, a.token.Serial) // an assigned one counts already
	var over *fault.Error
	if errors.As(err, &over) && over.Kind == fault.NotAllowed {
		a.refuse(otp.ByPolicy, over)
		return nil
	}
	return err
}

// checkReplaced refuses what cannot be done with the token that comes back.
func (a *attempt) checkReplaced(r Reader) error {
	if a.req.Replaces == "" {
		return nil
	}
	old, err := r.Token(a.req.Replaces)
	if err != nil {
		return err
	}
	if err := asSeen(old, a.req.Seen); err != nil {
		return err
	}
	if old.Account.Key() != a.req.Account.Key() || old.ID == a.token.ID {
		return fault.Errorf(fault.NotAllowed, "token %s is not one of %s any more; nothing was changed", old.Serial, a.req.Account)
	}
	for _, by := range []token.Command{token.CmdReplace, endsReturned(old, a.req.To)} {
		if err := a.policy.Check(by, a.req.Words); err != nil {
			return err
		}
	}
	_, err = Marked(old, endsReturned(old, a.req.To), cmp.Or(a.req.To, token.InStock), a.req.Words)
	return err
}

// codesNeeded is how many codes a command needs that believes them.
func (a *attempt) codesNeeded() int {
	if a.by == token.CmdBind || a.by == token.CmdResync {
		return a.policy.Codes
	}
	return 1
}

// checkToken refuses what no code can help. None of it counts as a failure. Of a
// token that is somebody's it says first whose it is: with a person on the phone
// this is what matters.
func (a *attempt) checkToken() {
	t := a.token
	no := func(reason otp.Reason, kind fault.Kind, format string, args ...any) *fault.Error {
		err := fault.Errorf(kind, format, args...)
		a.refuse(reason, err)
		return err
	}
	ends, binds := t.LockEnds(a.now, a.policy.Lock), a.by == token.CmdBind
	unlock := unlocking(t)
	same := t.Account.Key() == a.req.Account.Key()
	switch {
	case binds && !a.made && !isOf(t, a.req.Owner) && !(a.req.FromStock && t.State == token.InStock):
		no(otp.NotTheirs, fault.NotAllowed, "token %s was not assigned to %s, who may bind no other", t.Serial, a.req.Owner)
		return
	case ends == token.Forever:
		no(otp.Locked, fault.Locked, "token %s is locked after %d failed attempts", t.Serial, t.Failures).
			WithHint("once it is clear who tried and why: %s", unlock)
		return
	case !ends.IsZero():
		no(otp.Locked, fault.Locked, "token %s is locked for %s more, until %s, after %d failed attempts", t.Serial, lasting(ends.Sub(a.now)), when(ends), t.Failures).
			WithHint("wait until then, or %s", unlock)
		return
	case !t.HasSeed():
		no(otp.WrongState, fault.NotAllowed, "the seed of token %s is destroyed; its codes cannot be checked", t.Serial)
		return
	case binds && t.State == token.Bound && same:
		no(otp.WrongState, fault.NotAllowed, "token %s is bound to %s already, since %s", t.Serial, t.Account, when(t.BoundAt)).
			WithHint("nothing is left to do; %s reports whether it is this token", fault.Do(token.CmdCheck, t.Serial))
		return
	case binds && (t.State == token.Bound || t.State == token.Assigned && !same):
		no(otp.WrongState, fault.NotAllowed, "token %s is %s to %s, since %s", t.Serial, t.State, t.Account, when(t.Since)).
			WithHint("is the serial right? %s shows more", fault.Do("show", t.Serial))
		return
	case binds && !t.NotBefore.IsZero() && a.now.Before(t.NotBefore):
		no(otp.WrongState, fault.NotAllowed, "token %s is not valid before %s", t.Serial, t.NotBefore.Format(time.DateOnly))
		return
	case binds && t.Expired(a.now):
		a.refuse(otp.Expired, expiredError(t))
		return
	}
	to, moves := token.Bound, binds && !a.made // a virtual token that is made is for nothing else than this
	switch {
	case a.by == token.CmdUnbind:
		to, moves = a.req.To, true
	case a.by == token.CmdResync && t.State == token.Lost:
		to, moves = t.State, true
	}
	if moves {
		if _, err := t.Move(a.by, to); err != nil {
			a.refuse(otp.WrongState, moveError(t, err))
			return
		}
	}
	if t.UsedUp() {
		no(otp.WrongState, fault.NotAllowed, "the counter of token %s has reached its end, %d: it shows no code any more that was not used",
			t.Serial, int64(token.MaxCounter)).WithHint("%s", another(t))
	}
}

// checkClock refuses while this computer's clock is behind what it wrote itself: a
// clock set back would make used codes valid again.
func checkClock(r ClockReader, now time.Time) error {
	newest, err := r.NewestEvent()
	if err != nil {
		return err
	}
	if behind := newest.Sub(now); behind > ClockTolerance {
		return fault.Errorf(fault.NotAllowed, "this computer's clock is %s behind the newest event of the trail (%s); no code is accepted until it is right",
			roughly(behind), newest.Format(time.RFC3339)).
			WithHint("set the clock (is time synchronisation running?); if it is right and was wrong before: %s",
				fault.Do(token.CmdClockAccept, fault.ApprovedBy.Is("NAME")))
	}
	return nil
}

// parse reads the codes, once nothing else stands against the attempt: a person
// should not spell a code right only to hear that the token is locked.
func (a *attempt) parse() (entries []otp.Entry, err error) {
	for i, typed := range a.req.Codes {
		code, err := otp.ParseCode(typed.Text, a.token.Profile.Digits)
		if err != nil {
			msg := err.Msg
			if len(a.req.Codes) == 2 {
				msg = fmt.Sprintf("code %d: %s", i+1, msg)
			}
			return nil, a.refuse(err.Reason, fault.Errorf(fault.CodeRefused, "%s", msg).WithHint("%s", err.Hint))
		}
		entries = append(entries, otp.Entry{Code: code, At: typed.At})
	}
	return entries, nil
}

// otherDigits explains two codes of another length than the record says: where they
// fit the seed, the record is wrong, and to type them again would not help. As codes
// of a wrong length are, they are no failure.
func (a *attempt) otherDigits(tx Tx, refusal error) error {
	var entries []otp.Entry
	digits := 0
	for _, typed := range a.req.Codes {
		code, err := parseAnyLength(typed.Text)
		if err != nil || digits > 0 && len(code) != digits {
			return refusal
		}
		digits, entries = len(code), append(entries, otp.Entry{Code: code, At: typed.At})
	}
	try, done, err := a.attempt(tx, entries)
	if err != nil {
		return err
	}
	defer done()
	r, err := otp.OtherDigits(try, digits)
	if err != nil || r.Reason == "" {
		return cmp.Or(err, refusal)
	}
	return a.refuse(r.Reason, fault.Errorf(fault.CodeRefused, "token %s: %s", a.token.Serial, r.Msg).WithAdvice(remedy(a.token, r)))
}

// used is the watermark. A backup does not know which codes were used before it was
// restored, nor which tokens were imported: no code that a token had shown by then
// counts. Which presses a HOTP token had made nobody can know.
func (a *attempt) used(r ClockReader) (token.Mark, error) {
	mark := a.token.Watermark
	restored, err := r.RestoredAt()
	if err != nil || restored.IsZero() || a.token.Profile.Type != token.TOTP {
		return mark, err
	}
	shown := otp.StepAt(a.token.Profile.Params, restored, a.prediction.Centre)
	if !mark.Known || mark.Step < shown {
		mark = token.Mark{Step: shown, Known: true}
	}
	return mark, nil
}

// attempt is what is compared; done forgets the seed.
func (a *attempt) attempt(tx Tx, entries []otp.Entry) (try otp.Attempt, done func(), err error) {
	if a.prediction, a.history, err = predict(tx, a.token, a.now); err != nil {
		return try, nil, err
	}
	used, err := a.used(tx)
	if err != nil {
		return try, nil, err
	}
	seed, err := OpenSeed(tx, a.keys, a.token.ID, a.token.Serial)
	return otp.Attempt{
		Params: a.token.Profile.Params, Seed: seed, Entries: entries, Paced: a.req.Paced, Deep: a.req.Deep, Many: a.req.Many,
		Counter: a.token.Counter, Watermark: used, Prediction: a.prediction, Caps: capsOf(a.policy),
	}, seed.Clear, err
}

// try compares the codes and writes what they proved.
func (a *attempt) try(tx Tx) error {
	entries, err := a.parse()
	if err != nil && a.reason == otp.WrongLength {
		return a.otherDigits(tx, err)
	}
	if err != nil {
		return err
	}
	try, done, err := a.attempt(tx, entries)
	if err != nil {
		return err
	}
	defer done()
	a.result, err = otp.Check(try)
	switch {
	case err != nil:
		return err
	case !a.result.Accepted:
		return a.fail(tx)
	case a.by == token.CmdCheck && a.req.Counted:
		return a.takeBack(tx)
	case a.by == token.CmdCheck || a.held:
		return nil
	}
	if err := a.accept(tx); err != nil {
		return err
	}
	return a.suspect(tx)
}

func unlocking(t token.Token) fault.Remedy {
	return fault.Do(token.CmdUnlock, t.Serial, fault.ApprovedBy.Is("NAME"))
}

// fail counts the failure. Two equal codes were compared with nothing, so they
// are none. Nor is the last code that was accepted, or the last pair, if it comes
// again: the same message was sent twice, and anyone who guesses learns nothing from it.
func (a *attempt) fail(tx Tx) error {
	r := a.result
	refusal := fault.Errorf(fault.CodeRefused, "token %s: %s", a.token.Serial, r.Msg).WithAdvice(remedy(a.token, r))
	if a.by == token.CmdUnbind && r.Reason == otp.WrongCode { // it takes one code alone
		refusal.WithHint("compare the serial on the back; if it is right, try the code that it shows next")
	}
	if err := a.refuse(r.Reason, refusal); r.Reason == otp.SameCodeTwice {
		return err
	}
	if a.req.Counted { // with the first code
		refusal.Advice = refusal.Advice.And(fault.Textf("%s", leftWords(a.token, a.policy.Lock)))
	}
	if a.req.Counted || r.Repeated {
		return a.record(tx, nil)
	}
	a.token.Fail(a.now, a.policy.Lock)
	switch ends := a.token.LockEnds(a.now, a.policy.Lock); {
	case ends == token.Forever:
		refusal.Advice = fault.Textf("the token is locked now until it is unlocked: once it is clear who tried and why, %s", unlocking(a.token))
	case !ends.IsZero():
		refusal.Advice = fault.Textf("the token is locked now for %s, until %s: wait until then, or %s", lasting(ends.Sub(a.now)), when(ends), unlocking(a.token))
	default:
		refusal.Advice = refusal.Advice.And(fault.Textf("%s", leftWords(a.token, a.policy.Lock)))
	}
	if err := tx.SaveToken(a.token); err != nil {
		return err
	}
	if err := a.countRefusal(tx, token.Refusals.Refused); err != nil {
		return err
	}
	return a.record(tx, new(a.token.Standing))
}

// record writes the event of a refusal, or of a failure that was taken back; after is
// nil if it changed nothing.
func (a *attempt) record(tx Tx, after *token.Standing) error {
	e, err := a.event()
	if err != nil {
		return err
	}
	if e.To = a.token.State; a.refusal != nil {
		e.Outcome, e.Reason = trail.Refused, string(a.reason)
	}
	d := a.detail()
	d.After = after
	return trail.Record(tx, e, d)
}

func (a *attempt) event() (*trail.Event, error) {
	w := a.req.Words
	if a.by != token.CmdBind {
		w.Account = a.token.Account
	}
	if a.by != token.CmdUnbind || a.refusal != nil { // it did not come back
		w.Condition = ""
	}
	e, err := a.desk.tokenEvent(a.by, a.token, w)
	if err != nil {
		return nil, err
	}
	e.Time.Time = a.now.UTC()
	return e, nil
}

func (a *attempt) detail() trail.TokenDetail {
	d := trail.TokenDetail{Codes: len(a.req.Codes), Steps: a.result.StepsSearched, Deep: a.req.Deep}
	if a.result.Accepted {
		d.TakenBack = a.req.Counted
		d.Offset = &a.result.Offset
	}
	return d
}
