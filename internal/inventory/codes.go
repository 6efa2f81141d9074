package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"fob/internal/audit"
	"fob/internal/otp"
	"fob/internal/token"
)

// Typed is a code as a person typed it, and when.
type Typed struct {
	Text string
	At   time.Time
}

// Codes is a request about displayed codes: to bind, or only to check.
type Codes struct {
	Serial  token.Serial
	Account token.Account // bind: who gets the token
	Codes   []Typed       // one or two, in the order in which the token showed them
	Paced   bool          // the times are those of a conversation: their distance means something
	// Counted says that the first code was refused alone before and that these
	// two are the same attempt: it is not counted a second time.
	Counted bool
	Proof   string // how the person was identified
	Ticket  string
	Reason  string
}

// Outcome is the answer to codes, with the JSON names of the design.
type Outcome struct {
	Serial        token.Serial `json:"serial"`
	Account       *string      `json:"account"`
	Outcome       string       `json:"outcome"` // accepted or refused
	Reason        *otp.Reason  `json:"reason"`
	CodesUsed     int          `json:"codes_used"`
	StepsSearched int          `json:"steps_searched"`
	StepOffset    *int64       `json:"step_offset"`
	DriftSeconds  *float64     `json:"drift_seconds"`
	Failures      int          `json:"failures"`
	LockedUntil   *time.Time   `json:"locked_until"`

	Token  token.Token `json:"-"` // as it is after the command
	Period int         `json:"-"` // seconds, 0 for HOTP
}

const (
	accepted = "accepted"
	refused  = "refused"
)

// ClockTolerance is how far this computer's clock may be behind the newest
// event before nothing time-based is accepted.
const ClockTolerance = 60 * time.Second

// batchSample is how many tokens of a batch the median of first drifts is taken
// over: more would make a bind slower as the store grows and tell nothing new.
const batchSample = 1000

// Prospect is what a conversation about codes begins with.
type Prospect struct {
	Token    token.Token
	WantsTwo bool // its clock may be so far off that two codes are better asked for at once
}

// Prospect looks up a token before codes are asked for.
func (d *Desk) Prospect(ctx context.Context, serial token.Serial) (p Prospect, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		if p.Token, err = r.Token(serial); err != nil {
			return err
		}
		prediction, _, err := d.predict(r, p.Token)
		p.WantsTwo = prediction.WantsTwo(p.Token.Profile.Params)
		return err
	})
	return p, err
}

// Bind binds a token to an account if the codes are the token's.
func (d *Desk) Bind(ctx context.Context, req Codes) (Outcome, error) {
	return d.answer(ctx, req, token.CmdBind)
}

// Check tells whether codes are the token's. It uses up nothing, and changes
// nothing but the count of failures.
func (d *Desk) Check(ctx context.Context, req Codes) (Outcome, error) {
	return d.answer(ctx, req, token.CmdCheck)
}

// answer runs one attempt. State, clock, comparison and outcome are one
// transaction, committed before anybody learns of it.
func (d *Desk) answer(ctx context.Context, req Codes, by token.Command) (out Outcome, err error) {
	if _, err := d.Prospect(ctx, req.Serial); err != nil {
		return out, err // before a passphrase is asked for
	}
	keys, err := d.Keys(ctx)
	if err != nil {
		return out, err
	}
	a := &attempt{desk: d, req: req, by: by, keys: keys}
	err = d.Store.Update(ctx, func(tx Tx) error {
		a.refusal = nil // a transaction may be tried again
		return a.run(tx)
	})
	if err != nil {
		return a.outcome(), err
	}
	if a.refusal != nil {
		return a.outcome(), a.refusal
	}
	return a.outcome(), nil
}

// attempt is one attempt in its transaction.
type attempt struct {
	desk *Desk
	req  Codes
	by   token.Command
	keys Keyring

	token   token.Token
	entries []otp.Entry
	history otp.History
	result  otp.Result
	reason  otp.Reason   // of a refusal
	refusal *token.Error // what the caller gets; nil: accepted
}

// run ends with an error where nothing may be written at all; a refusal that is
// written down is no error to the transaction.
func (a *attempt) run(tx Tx) (err error) {
	if a.token, err = tx.Token(a.req.Serial); err != nil {
		return err
	}
	if err := a.parse(); err != nil {
		return err
	}
	if err := a.checkClock(tx); err != nil {
		return err
	}
	if a.checkState(); a.refusal != nil {
		return a.record(tx, nil)
	}
	prediction, history, err := a.desk.predict(tx, a.token)
	if err != nil {
		return err
	}
	a.history = history
	if err := a.compare(tx, prediction); err != nil {
		return err
	}
	if a.result.Accepted {
		return a.accept(tx)
	}
	return a.fail(tx)
}

// refuse keeps why; only the first reason counts.
func (a *attempt) refuse(reason otp.Reason, err *token.Error) error {
	a.reason, a.refusal = reason, err
	return err
}

func (a *attempt) parse() error {
	if n := len(a.req.Codes); n < 1 || n > 2 {
		return token.Errorf(token.Usage, "%d codes were given; one or two consecutive ones are needed", n)
	}
	a.entries = nil
	for i, typed := range a.req.Codes {
		code, err := otp.ParseCode(typed.Text, a.token.Profile.Digits)
		if err != nil {
			msg := err.Msg
			if len(a.req.Codes) == 2 {
				msg = fmt.Sprintf("code %d: %s", i+1, msg)
			}
			return a.refuse(err.Reason, token.Errorf(token.CodeRefused, "%s", msg).WithHint("%s", err.Hint))
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
	now := a.desk.Now()
	if behind := newest.Sub(now); behind > ClockTolerance {
		return a.refuse(otp.ClockBehind, token.Errorf(token.NotAllowed,
			"this computer's clock is %s behind the newest event of the trail (%s); no code is accepted until it is right",
			behind.Round(time.Second), newest.Format(time.RFC3339)).
			WithHint("set the clock (is time synchronisation running?) and try again"))
	}
	return nil
}

// checkState refuses what no code can help. None of it counts as a failure.
func (a *attempt) checkState() {
	t, now := a.token, a.desk.Now()
	switch {
	case !t.HasSeed:
		a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "the seed of token %s is destroyed; its codes cannot be checked", t.Serial))
	case a.by == token.CmdCheck: // looking is always allowed
	case !t.NotAfter.IsZero() && now.After(t.NotAfter):
		a.refuse(otp.Expired, token.Errorf(token.NotAllowed, "token %s expired on %s", t.Serial, t.NotAfter.Format(time.DateOnly)).
			WithHint("give the person another token"))
	case !t.NotBefore.IsZero() && now.Before(t.NotBefore):
		a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "token %s is not valid before %s", t.Serial, t.NotBefore.Format(time.DateOnly)))
	default:
		a.checkOwner()
	}
}

func (a *attempt) checkOwner() {
	t := a.token
	same := t.Account.Key() == a.req.Account.Key()
	switch {
	case t.State == token.Bound && same:
		a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "token %s is bound to %s already, since %s", t.Serial, t.Account, when(t.BoundAt)))
	case t.State == token.Bound:
		a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "token %s is bound to %s, since %s", t.Serial, t.Account, when(t.BoundAt)).
			WithHint("is the serial read right? `fob show %s` tells more", t.Serial))
	case t.State == token.Assigned && !same:
		a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "token %s is assigned to %s, since %s", t.Serial, t.Account, when(t.StateSince)).
			WithHint("is the serial read right? `fob show %s` tells more", t.Serial))
	default:
		if _, err := token.Next(t.State, a.by); err != nil {
			a.refuse(otp.WrongState, token.Errorf(token.NotAllowed, "token %s: %v", t.Serial, err).WithHint("%s", token.HintOf(err)))
		}
	}
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// predict gathers what is known of a token's clock.
func (d *Desk) predict(r Reader, t token.Token) (otp.Prediction, otp.History, error) {
	h := otp.History{Manufactured: t.Manufactured, Imported: t.ImportedAt}
	if t.Profile.Type != token.TOTP {
		return otp.Prediction{}, h, nil
	}
	var err error
	if h.Observations, err = r.Observations(t.ID); err != nil {
		return otp.Prediction{}, h, err
	}
	if len(h.Observations) == 0 {
		if h.BatchFirst, err = r.FirstDrifts(t.BatchID, batchSample); err != nil {
			return otp.Prediction{}, h, err
		}
	}
	return h.Predict(t.Profile.Period, d.Now()), h, nil
}

func (a *attempt) compare(tx Tx, p otp.Prediction) error {
	sealed, err := tx.SealedSeed(a.token.ID)
	if err != nil {
		return err
	}
	seed, err := a.keys.Open(a.token.Serial.Key(), sealed)
	if err != nil {
		return err
	}
	defer seed.Clear()
	a.result, err = otp.Check(otp.Attempt{
		Params: a.token.Profile.Params, Seed: seed, Entries: a.entries, Paced: a.req.Paced,
		Counter: a.token.Counter, Watermark: a.token.Watermark, Prediction: p,
	})
	return err
}

// fail counts the failure. Two equal codes were compared with nothing, so they
// are none.
func (a *attempt) fail(tx Tx) error {
	r := a.result
	refusal := a.refuse(r.Reason, token.Errorf(token.CodeRefused, "token %s: %s", a.token.Serial, r.Msg).WithHint("%s", r.Hint))
	if r.Reason == otp.SameCodeTwice {
		return refusal
	}
	if !a.req.Counted {
		a.token.Failures++
	}
	if err := tx.SaveToken(a.token); err != nil {
		return err
	}
	return a.record(tx, nil)
}

func (a *attempt) accept(tx Tx) error {
	if a.by == token.CmdCheck {
		return nil
	}
	e, err := a.event()
	if err != nil {
		return err
	}
	t, now := &a.token, e.Time.Time
	if t.State, err = token.Next(t.State, a.by); err != nil {
		return err
	}
	t.StateSince, t.BoundAt, t.Account, t.Issued = now, now, a.req.Account, true
	t.Watermark, t.Failures, t.LockedUntil = token.MarkAt(a.result.Last), 0, time.Time{}
	if err := tx.SaveToken(*t); err != nil {
		return err
	}
	b, err := a.binding(now)
	if err != nil {
		return err
	}
	if err := tx.OpenBinding(b); err != nil {
		return err
	}
	o, err := a.observe(tx)
	if err != nil {
		return err
	}
	e.To = t.State
	return a.write(tx, e, a.detail(&b.UUID, o))
}

func (a *attempt) binding(now time.Time) (token.Binding, error) {
	id, err := uuid.NewV7FromReader(a.desk.Random)
	if err != nil {
		return token.Binding{}, fmt.Errorf("making a binding id: %w", err)
	}
	return token.Binding{UUID: id, TokenID: a.token.ID, Account: a.req.Account, Opened: now,
		By: a.desk.Operator, Proof: a.req.Proof, Codes: len(a.entries), Ticket: a.req.Ticket}, nil
}

// observe records the drift that the accepted codes showed, with the rate as it
// is estimated from now on.
func (a *attempt) observe(tx Tx) (*token.Observation, error) {
	if a.token.Profile.Type != token.TOTP {
		return nil, nil
	}
	o := token.Observation{At: a.entries[len(a.entries)-1].At.UTC(), Drift: a.result.Drift}
	h := a.history
	h.Observations = append(h.Observations, o)
	if ppm, _, ok := h.Rate(a.token.Profile.Period); ok {
		o.Rate = &ppm
	}
	return &o, tx.AddObservation(a.token, o)
}

// record writes the event of a refusal.
func (a *attempt) record(tx Tx, binding *uuid.UUID) error {
	e, err := a.event()
	if err != nil {
		return err
	}
	e.Outcome, e.Reason, e.To = audit.Refused, string(a.reason), a.token.State
	return a.write(tx, e, a.detail(binding, nil))
}

func (a *attempt) event() (*audit.Event, error) {
	e, err := a.desk.newEvent(a.by, audit.Object{Kind: audit.KindToken, ID: string(a.token.Serial)})
	if err != nil {
		return nil, err
	}
	e.From = a.token.State
	for _, t := range []struct{ field, text string }{
		{audit.TextAccount, string(a.req.Account)}, {audit.TextProof, a.req.Proof},
		{audit.TextTicket, a.req.Ticket}, {audit.TextReason, a.req.Reason},
	} {
		if err := e.AddText(a.desk.Random, t.field, t.text); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (a *attempt) detail(binding *uuid.UUID, o *token.Observation) audit.CodeDetail {
	d := audit.CodeDetail{Codes: len(a.entries), Steps: a.result.StepsSearched, Failures: a.token.Failures, Binding: binding}
	if a.result.Accepted {
		d.Offset, d.Watermark = &a.result.Offset, &a.token.Watermark.Step
	}
	if o != nil {
		d.Drift, d.Rate, d.Entered = &o.Drift, o.Rate, &audit.Time{Time: o.At}
	}
	return d
}

func (a *attempt) write(tx Tx, e *audit.Event, d audit.CodeDetail) error {
	if err := e.SetDetail(d); err != nil {
		return err
	}
	return tx.Append(e)
}

// outcome is what the caller prints.
func (a *attempt) outcome() Outcome {
	out := Outcome{
		Serial: a.token.Serial, Outcome: refused, CodesUsed: len(a.entries), StepsSearched: a.result.StepsSearched,
		Failures: a.token.Failures, Token: a.token, Period: a.token.Profile.Period,
	}
	if out.Serial == "" {
		out.Serial = a.req.Serial
	}
	if account := string(a.token.Account); account != "" {
		out.Account = &account
	}
	if !a.token.LockedUntil.IsZero() {
		out.LockedUntil = &a.token.LockedUntil
	}
	if a.refusal != nil || !a.result.Accepted {
		if a.reason != "" {
			out.Reason = &a.reason
		}
		return out
	}
	out.Outcome = accepted
	out.StepOffset = &a.result.Offset
	if a.token.Profile.Type == token.TOTP {
		out.DriftSeconds = &a.result.Drift
	}
	return out
}
