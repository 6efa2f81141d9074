package desk

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
	"fob/internal/trail"
)

// attempt is one attempt at codes, in its transaction.
type attempt struct {
	desk *Desk
	req  Codes
	by   token.Command
	keys Keyring
	held bool      // right codes are not acted upon yet
	made bool      // bind: the token is a virtual one that is made in this transaction
	now  time.Time // of everything in the attempt: lock, binding and event agree

	policy     token.Policy
	token      token.Token
	entries    []otp.Entry
	history    otp.History
	prediction otp.Prediction
	warnings   []string
	result     otp.Result
	reason     otp.Reason   // of a refusal
	refusal    *fault.Error // what the caller gets; nil: accepted
}

// foresee is run without codes: what would be refused whatever they are. Nothing
// is written, since nobody tried anything yet.
func (a *attempt) foresee(r Reader) (err error) {
	if a.token, err = r.Token(a.req.Serial); err != nil {
		return err
	}
	return a.foreseeOf(r)
}

// foreseeOf does so for a token that was read, or is not there yet.
func (a *attempt) foreseeOf(r Reader) error {
	a.now = a.desk.Now().UTC()
	if err := a.standing(r); err != nil {
		return err
	}
	if a.refusal != nil {
		return a.refusal
	}
	return nil
}

// run ends with an error where nothing may be written at all. A refusal that is
// to be written down is no error to the transaction: the caller finds it in
// a.refusal once all is committed.
func (a *attempt) run(tx Tx) (err error) {
	a.now = a.desk.Now().UTC()
	if a.token, err = tx.Token(a.req.Serial); err != nil {
		return err
	}
	if a.req.Account, err = tx.KnownAccount(a.req.Account); err != nil {
		return err
	}
	if n := len(a.req.Codes); n < 1 || n > 2 {
		return fault.Errorf(fault.Usage, "%d codes were given; one or two consecutive ones are needed", n)
	}
	if a.req.Deep && (a.req.Approver == "" || a.req.Reason == "") {
		return fault.Errorf(fault.Refused, "a deep search needs a second person, and a reason")
	}
	if err := a.standing(tx); err != nil {
		return err
	}
	if a.refusal != nil {
		return a.recordRefusal(tx, nil)
	}
	return a.try(tx)
}

// standing finds what stands against the attempt whatever the codes are. The
// policy comes first: it says whether the token is locked, which every refusal
// tells.
func (a *attempt) standing(r Reader) (err error) {
	if a.policy, err = policyOf(r); err != nil {
		return err
	}
	if err := a.checkClock(r); err != nil {
		return err
	}
	if err := a.demands(r); err != nil {
		return err
	}
	if err := a.checkAccount(r); err != nil {
		return err
	}
	if a.req.Location, err = returnedTo(r, a.req.Location, a.req.NewLocation); err != nil {
		return err
	}
	return a.checkAll(r)
}

// checkAccount refuses an account that nobody has. Nobody tried a code yet.
func (a *attempt) checkAccount(r Reader) error {
	if a.by != token.CmdBind {
		return nil
	}
	theirs := a.token.State == token.Assigned && a.token.Account.Key() == a.req.Account.Key()
	err := CheckAccount(r, a.req.Account, a.req.NewAccount, theirs)
	if fault.KindOf(err) == fault.NotFound {
		a.reason = NoSuchAccount
	}
	return err
}

// try looks at the codes, once nothing else stands against the attempt: a person
// should not spell a code right only to hear that the token is locked.
func (a *attempt) try(tx Tx) error {
	if err := a.parse(); err != nil {
		return err
	}
	prediction, history, err := predict(tx, a.token, a.now)
	if err != nil {
		return err
	}
	a.history, a.prediction = history, prediction
	if err := a.compare(tx, prediction); err != nil {
		return err
	}
	switch {
	case !a.result.Accepted:
		return a.fail(tx)
	case a.by == token.CmdCheck || a.held:
		return nil
	}
	if err := a.accept(tx); err != nil {
		return err
	}
	return a.suspect(tx)
}

// refuse keeps why, and gives the refusal as an error.
func (a *attempt) refuse(reason otp.Reason, err *fault.Error) error {
	a.reason, a.refusal = reason, err
	return err
}

func (a *attempt) parse() error {
	for i, typed := range a.req.Codes {
		code, err := otp.ParseCode(typed.Text, a.token.Profile.Digits)
		if err != nil {
			msg := err.Msg
			if len(a.req.Codes) == 2 {
				msg = fmt.Sprintf("code %d: %s", i+1, msg)
			}
			return a.refuse(err.Reason, fault.Errorf(fault.CodeRefused, "%s", msg).WithHint("%s", err.Hint))
		}
		a.entries = append(a.entries, otp.Entry{Code: code, At: typed.At})
	}
	return nil
}

// checkClock refuses while this computer's clock is behind what it wrote
// itself: a clock set back would make used codes valid again.
func (a *attempt) checkClock(r Reader) error {
	newest, err := r.NewestEvent()
	if err != nil {
		return err
	}
	if behind := newest.Sub(a.now); behind > ClockTolerance {
		return a.refuse(otp.ClockBehind, fault.Errorf(fault.NotAllowed,
			"this computer's clock is %s behind the newest event of the trail (%s); no code is accepted until it is right",
			roughly(behind), newest.Format(time.RFC3339)).
			WithHint("set the clock (is time synchronisation running?); if it is right and was wrong before: `fob clock accept --approved-by NAME`"))
	}
	return nil
}

// checkState refuses what no code can help. None of it counts as a failure.
func (a *attempt) checkState() {
	t := a.token
	switch ends := t.LockEnds(a.now, a.policy.Lock); {
	case ends == token.Forever:
		a.refuse(otp.Locked, fault.Errorf(fault.Locked, "token %s is locked after %d failed attempts", t.Serial, t.Failures).
			WithHint("once it is clear who tried and why: `fob unlock %s --approved-by NAME`", t.Serial))
	case !ends.IsZero():
		a.refuse(otp.Locked, fault.Errorf(fault.Locked, "token %s is locked until %s after %d failed attempts", t.Serial, when(ends), t.Failures).
			WithHint("wait until then, or `fob unlock %s --approved-by NAME`", t.Serial))
	case !t.HasSeed():
		a.refuse(otp.WrongState, fault.Errorf(fault.NotAllowed, "the seed of token %s is destroyed; its codes cannot be checked", t.Serial))
	case a.by == token.CmdBind:
		a.checkValidity()
		a.checkOwner()
	case a.by == token.CmdUnbind:
		a.checkMove(a.req.To)
	case a.by == token.CmdResync && t.State == token.Lost:
		a.checkMove(t.State)
	}
	if a.refusal == nil && t.UsedUp() {
		a.refuse(otp.WrongState, fault.Errorf(fault.NotAllowed,
			"the counter of token %s has reached its end, %d: it shows no code any more that was not used", t.Serial, int64(token.MaxCounter)).
			WithHint("%s", another(t)))
	}
}

func (a *attempt) checkValidity() {
	t := a.token
	if t.Expired(a.now) {
		a.refuse(otp.Expired, expiredError(t))
	}
	if !t.NotBefore.IsZero() && a.now.Before(t.NotBefore) {
		a.refuse(otp.WrongState, fault.Errorf(fault.NotAllowed, "token %s is not valid before %s", t.Serial, t.NotBefore.Format(time.DateOnly)))
	}
}

// checkOwner says of a token that is somebody's whose it is, before anything
// else: with a person on the phone this is what matters.
func (a *attempt) checkOwner() {
	t := a.token
	same := t.Account.Key() == a.req.Account.Key()
	switch {
	case t.State == token.Bound && same:
		a.refuse(otp.WrongState, fault.Errorf(fault.NotAllowed, "token %s is bound to %s already, since %s", t.Serial, t.Account, when(t.BoundAt)).
			WithHint("nothing is left to do; `fob check %s` reports whether it is this token", t.Serial))
	case t.State == token.Bound || t.State == token.Assigned && !same:
		a.refuse(otp.WrongState, fault.Errorf(fault.NotAllowed, "token %s is %s to %s, since %s", t.Serial, t.State, t.Account, when(t.Since)).
			WithHint("is the serial read right? `fob show %s` tells more", t.Serial))
	case a.refusal == nil:
		a.checkMove(token.Bound)
	}
}

func (a *attempt) checkMove(to token.State) {
	if a.made {
		return // for nothing else than this
	}
	if _, err := a.token.Move(a.by, to); err != nil {
		a.refuse(otp.WrongState, moveError(a.token, err))
	}
}

// roughly says a length of time as a person would.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f seconds", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func (a *attempt) compare(tx Tx, p otp.Prediction) error {
	seed, err := openSeed(tx, a.keys, a.token.ID, a.token.Serial)
	if err != nil {
		return err
	}
	defer seed.Clear()
	a.result, err = otp.Check(otp.Attempt{
		Params: a.token.Profile.Params, Seed: seed, Entries: a.entries, Paced: a.req.Paced, Deep: a.req.Deep, Many: a.req.Many,
		Counter: a.token.Counter, Watermark: a.token.Watermark, Prediction: p, Caps: capsOf(a.policy),
	})
	return err
}

// fail counts the failure. Two equal codes were compared with nothing, so they
// are none.
func (a *attempt) fail(tx Tx) error {
	r := a.result
	refusal := a.refuse(r.Reason, fault.Errorf(fault.CodeRefused, "token %s: %s", a.token.Serial, r.Msg).WithAdvice(remedy(a.token, r)))
	if r.Reason == otp.SameCodeTwice {
		return refusal
	}
	if a.req.Counted {
		return a.recordRefusal(tx, nil)
	}
	a.token.Fail(a.now, a.policy.Lock)
	if ends := a.token.LockEnds(a.now, a.policy.Lock); !ends.IsZero() {
		a.refusal.Advice = a.refusal.Advice.And(fault.Textf("%s", lockedWords(ends)))
	}
	if err := tx.SaveToken(a.token); err != nil {
		return err
	}
	return a.recordRefusal(tx, new(a.token.Standing))
}

func lockedWords(ends time.Time) string {
	if ends == token.Forever {
		return "the token is locked now until it is unlocked"
	}
	return "the token is locked now until " + when(ends)
}

// accept writes what the codes proved: they are used up, the drift is known,
// and the token is where the command takes it.
func (a *attempt) accept(tx Tx) error {
	e, err := a.event()
	if err != nil {
		return err
	}
	t, d := &a.token, a.detail()
	t.Watermark = token.MarkAt(a.result.Last)
	t.ClearFailures()
	switch a.by {
	case token.CmdBind:
		if err = a.endReplaced(tx); err == nil {
			d.Opened, err = a.open(tx, e.Time.Time)
		}
	case token.CmdUnbind:
		d.Closed, err = closeBinding(tx, t, a.req.To, e.Time.Time)
		if err == nil {
			err = receive(tx, t, d.Closed, a.req.Location, a.req.Condition)
		}
		if err == nil && t.State == token.Retired { // a virtual one
			err = destroy(tx, t)
		}
	}
	if err != nil {
		return err
	}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	if d.Observation, err = a.observe(tx); err != nil {
		return err
	}
	e.To, d.After = t.State, new(t.Standing)
	return trail.Record(tx, e, d)
}

// open moves the token to its account and opens the binding.
func (a *attempt) open(tx Tx, now time.Time) (*uuid.UUID, error) {
	t := &a.token
	id, err := uuid.NewV7FromReader(a.desk.Random)
	if err != nil {
		return nil, fmt.Errorf("making a binding id: %w", err)
	}
	t.State, t.Since, t.BoundAt, t.Account, t.Issued = token.Bound, now, now, a.req.Account, true
	return &id, tx.OpenBinding(token.Binding{UUID: id, TokenID: t.ID, Account: t.Account, Opened: now,
		By: a.desk.Operator, Proof: a.req.Proof, Codes: len(a.entries), Ticket: a.req.Ticket})
}

// closeBinding ends a token's binding and moves the token on.
func closeBinding(tx Tx, t *token.Token, to token.State, now time.Time) (*uuid.UUID, error) {
	id, err := tx.CloseBinding(t.ID, now)
	if err != nil {
		return nil, err
	}
	t.State, t.Since, t.BoundAt, t.Account = to, now, time.Time{}, ""
	return &id, nil
}

// observe records the drift that the accepted codes showed, with the rate as it
// is estimated from now on.
func (a *attempt) observe(tx Tx) (*token.Observation, error) {
	if a.token.Profile.Type != token.TOTP || a.req.Undated {
		return nil, nil
	}
	o := token.Observation{At: a.entries[len(a.entries)-1].At.UTC(), Drift: a.result.Drift}
	a.history.Observations = append(a.history.Observations, o)
	if c := a.history.Clock(a.token.Profile.Period); c.Fitted {
		o.Rate = &c.RatePPM
	}
	return &o, tx.AddObservation(a.token, o)
}

// recordRefusal writes the event of a refusal; after is nil when it changed
// nothing.
func (a *attempt) recordRefusal(tx Tx, after *token.Standing) error {
	e, err := a.event()
	if err != nil {
		return err
	}
	e.Outcome, e.Reason, e.To = trail.Refused, string(a.reason), a.token.State
	d := a.detail()
	d.After = after
	return trail.Record(tx, e, d)
}

func (a *attempt) event() (*trail.Event, error) {
	account := a.token.Account
	if a.by == token.CmdBind {
		account = a.req.Account
	}
	e, err := a.desk.tokenEvent(a.by, a.token, Words{Account: account, Reason: a.req.Reason, Ticket: a.req.Ticket,
		Approver: a.req.Approver, Proof: a.req.Proof, Condition: a.condition()})
	if err != nil {
		return nil, err
	}
	e.Time.Time = a.now.UTC()
	return e, nil
}

func (a *attempt) detail() trail.TokenDetail {
	d := trail.TokenDetail{Codes: len(a.req.Codes), Steps: a.result.StepsSearched, Deep: a.req.Deep}
	if a.result.Accepted {
		d.Offset = &a.result.Offset
	}
	return d
}

// outcome is what the caller prints.
func (a *attempt) outcome() Outcome {
	out := Outcome{
		Serial: a.token.Serial, Outcome: refused, CodesUsed: len(a.req.Codes), StepsSearched: a.result.StepsSearched,
		Failures: a.token.Failures, Warnings: append([]string{}, a.warnings...), Token: a.token, Period: a.token.Profile.Period,
	}
	if out.Serial == "" {
		out.Serial = a.req.Serial
	}
	if account := string(a.token.Account); account != "" {
		out.Account = &account
	}
	if ends := a.token.LockEnds(a.now, a.policy.Lock); !ends.IsZero() {
		out.LockedUntil = &ends
	}
	if a.reason != "" {
		out.Reason = &a.reason
		return out
	}
	if !a.result.Accepted {
		return out
	}
	out.Outcome, out.StepOffset = accepted, &a.result.Offset
	if a.token.Profile.Type == token.TOTP && !a.req.Undated {
		out.DriftSeconds, out.Clock = &a.result.Drift, a.outlook()
	}
	return out
}
