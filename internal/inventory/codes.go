package inventory

import (
	"context"
	"errors"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// Typed is a code as a person typed it, and when.
type Typed struct {
	Text string
	At   time.Time
}

// Codes is a request about displayed codes.
type Codes struct {
	Serial  token.Serial
	Account token.Account // bind: who gets the token
	To      token.State   // unbind: where the token goes
	Codes   []Typed       // one or two, in the order in which the token showed them
	Paced   bool          // the times are those of a conversation: their distance means something
	// Counted says that the first code was refused alone before and that these
	// two are the same attempt: it is not counted a second time.
	Counted bool
	// Undated says that nobody knows when the codes were read: what they would say
	// of the token's clock is not recorded.
	Undated bool
	// Many says that this is one row of a file of many.
	Many bool
	// Deep searches as far as is possible at all; Approver is who allowed it.
	Deep     bool
	Approver token.Approver
	Proof    string // how the person was identified
	Ticket   string
	Reason   string
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
	Seen     bool // its clock was observed before
	WantsTwo bool // two codes are to be asked for at once
	// LastTry says why, when it is not the token's clock: the next failure locks
	// the token, and a first code refused alone would be one, so that the pair
	// could no longer be tried.
	LastTry bool
}

// Prospect looks up a token before codes are asked for, and refuses what no code
// could help: a person should not read out digits for nothing. The request needs
// no codes yet.
func (d *Desk) Prospect(ctx context.Context, req Codes, by token.Command) (p Prospect, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		a := &attempt{desk: d, req: req, by: by}
		if err := a.foresee(r); err != nil {
			return err
		}
		p.Token = a.token
		prediction, history, err := predict(r, p.Token, a.now)
		p.Seen = len(history.Observations) > 0
		far := prediction.WantsTwo(p.Token.Profile.Params)
		p.LastTry = !far && p.Token.Failures >= token.LockAfter-1
		p.WantsTwo = far || p.LastTry
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

// Resync finds a token's clock or counter again.
func (d *Desk) Resync(ctx context.Context, req Codes) (Outcome, error) {
	return d.answer(ctx, req, token.CmdResync)
}

// answer runs one attempt. State, clock, comparison and outcome are one
// transaction, committed before anybody learns of it.
func (d *Desk) answer(ctx context.Context, req Codes, by token.Command) (out Outcome, err error) {
	if err := d.known(ctx, req.Serial); err != nil {
		return out, err // before a passphrase is asked for
	}
	keys, err := d.Keys(ctx)
	if err != nil {
		return out, err
	}
	a := &attempt{desk: d, req: req, by: by, keys: keys}
	err = d.Store.Update(ctx, a.run)
	if err == nil && a.refusal != nil {
		err = a.refusal
	}
	if err != nil && !errors.Is(err, a.refusal) {
		return Outcome{}, err // nothing was written, so nothing is told
	}
	return a.outcome(), err
}

// predict gathers what is known of a token's clock, and where it stands now.
func predict(r Reader, t token.Token, now time.Time) (otp.Prediction, otp.History, error) {
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
	return h.Predict(t.Profile.Period, now), h, nil
}

// known tells whether a token is here at all.
func (d *Desk) known(ctx context.Context, serial token.Serial) error {
	return d.Store.View(ctx, func(r Reader) error {
		_, err := r.Token(serial)
		return err
	})
}
