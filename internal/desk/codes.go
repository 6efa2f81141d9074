package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// Typed is a code as a person typed it, and when.
type Typed struct {
	Text string
	At   time.Time
}

// Codes is a request about displayed codes. Of its Words, Account is who gets a
// token that is bound, Proof how the person was identified, Approver who allowed a
// deep search.
type Codes struct {
	Serial token.Serial
	To     token.State // unbind: where the token goes
	Codes  []Typed     // one or two, in the order in which the token showed them
	Paced  bool        // the times are those of a conversation: their distance means something
	// Counted says that the first code was refused alone before and that these
	// two are the same attempt: it is not counted a second time, and not at all if
	// the two are right.
	Counted bool
	// Undated says that nobody knows when the codes were read: what they would say
	// of the token's clock is not recorded.
	Undated bool
	Many    bool // this is one row of a file of many
	Deep    bool // search as far as is possible at all
	Words
	// Replaces is a token of the account that comes back when this one is bound,
	// in the same transaction: with a wrong code it stays whose it was.
	Replaces token.Serial
	// Location is where a token is that came back; empty: nobody said. NewLocation
	// allows one that is not known yet.
	Location    string
	NewLocation bool
	// NewAccount takes the account as typed though the list of people does not have it.
	NewAccount bool
	// Owner is whose token it has to be; empty: anybody's. FromStock lets them bind one
	// in stock.
	Owner     token.Account
	FromStock bool
	// Seen is what the person saw of the token, or of the one that this one replaces, who
	// orders this: one that has changed since is left alone. Empty: whatever it is.
	Seen string
	// Ahead is the date that the outlook is for; zero: in 90 days.
	Ahead time.Time
}

// Outcome is the answer to codes. Its JSON names are kept for good.
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
	FailuresLeft  *int         `json:"failures_left"` // of a token that is not locked: so many more lock it
	LockedUntil   *time.Time   `json:"locked_until"`
	Clock         *Clock       `json:"clock"`    // of an accepted TOTP token
	Warnings      []string     `json:"warnings"` // what is odd though the codes are right
	// Verifiers are those at which a token that was bound cannot be used as it is bound
	// here. The account that one names is not for the eyes of the token's holder.
	Verifiers []token.AtVerifier `json:"verifiers"`

	Token  token.Token `json:"-"` // as it is after the command
	Period int         `json:"-"` // seconds, 0 for HOTP
	Words  Words       `json:"-"` // with who approved it
}

const (
	accepted = "accepted"
	refused  = "refused"
)

// ClockTolerance is how far this computer's clock may be behind the newest
// event before nothing time-based is accepted.
const ClockTolerance = 60 * time.Second

// Bind binds a token to an account if the codes are the token's.
func (d *Desk) Bind(ctx context.Context, req Codes) (Outcome, error) {
	return d.Answer(ctx, req, token.CmdBind)
}

// Check reports whether codes are the token's. It uses up nothing, and changes
// nothing but the count of failures.
func (d *Desk) Check(ctx context.Context, req Codes) (Outcome, error) {
	return d.Answer(ctx, req, token.CmdCheck)
}

// Resync finds a token's clock or counter again.
func (d *Desk) Resync(ctx context.Context, req Codes) (Outcome, error) {
	return d.Answer(ctx, req, token.CmdResync)
}

// UnbindWithCode ends a binding after checking a code of the token that came
// back.
func (d *Desk) UnbindWithCode(ctx context.Context, req Codes) (Outcome, error) {
	return d.Answer(ctx, req, token.CmdUnbind)
}

// Answer runs one attempt of a command that takes codes. State, clock, comparison
// and outcome are one transaction, committed before anybody learns of it.
func (d *Desk) Answer(ctx context.Context, req Codes, by token.Command) (out Outcome, err error) {
	if _, err := d.Token(ctx, req.Serial); err != nil { // before a passphrase is asked for
		return out, err
	}
	return d.answer(ctx, req, by)
}

// answer is Answer for a conversation, which has looked the token up.
func (d *Desk) answer(ctx context.Context, req Codes, by token.Command) (out Outcome, err error) {
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
	if err == nil && req.To == token.Retired {
		_, err = d.Erase(ctx)
	}
	return a.outcome(), err
}

// outcome is what the caller shows.
func (a *attempt) outcome() Outcome {
	out := Outcome{
		Serial: cmp.Or(a.token.Serial, a.req.Serial), Outcome: refused, CodesUsed: len(a.req.Codes), StepsSearched: a.result.StepsSearched,
		Failures: a.token.Failures, Warnings: append([]string{}, a.warnings...),
		Verifiers: append([]token.AtVerifier{}, a.verifiers...), Token: a.token, Period: a.token.Profile.Period, Words: a.req.Words,
	}
	if account := string(a.token.Account); account != "" {
		out.Account = &account
	}
	if ends := a.token.LockEnds(a.now, a.policy.Lock); !ends.IsZero() {
		out.LockedUntil = &ends
	} else if a.policy.Lock.After > 0 && a.token.ID != 0 {
		out.FailuresLeft = new(a.token.Left(a.policy.Lock))
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

// Remarks are what somebody at the desk has to know though the codes are right.
func (o Outcome) Remarks() []string {
	return append(slices.Clone(o.Warnings), verifierWords(o.Token, o.Verifiers)...)
}

func verifierWords(t token.Token, at []token.AtVerifier) (words []string) {
	for _, v := range at {
		words = append(words, v.Words(t.Serial, t.Account))
	}
	return words
}

// ClockWords say what accepted codes showed of the token's clock; nothing where they
// showed nothing. One code tells a clock to half a period: less than that is no drift.
func (o Outcome) ClockWords() string {
	switch {
	case o.DriftSeconds == nil:
		return ""
	case !o.ClockOff():
		return "its clock is right"
	}
	return "its clock is " + otp.DriftWords(o.DriftSeconds)
}

// ClockOff reports whether the codes showed a clock that is off by more than a step.
func (o Outcome) ClockOff() bool {
	return o.DriftSeconds != nil && time.Duration(*o.DriftSeconds*float64(time.Second)).Abs() > time.Duration(o.Period)*time.Second
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

// leftWords say how many more wrong codes lock a token, and for how long.
func leftWords(t token.Token, l token.Lock) string {
	left, how := t.Left(l), "for "+lasting(l.For)
	if t.Failures+left >= l.ForGood {
		how = "until it is unlocked"
	}
	if left == 1 {
		return "1 more wrong code locks it " + how
	}
	return fmt.Sprintf("%d more wrong codes lock it %s", left, how)
}

// lasting is a length of time in whole minutes, rounded up: what somebody who waits is
// told.
func lasting(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	switch {
	case n == 1:
		return "1 minute"
	case n < 120:
		return fmt.Sprintf("%d minutes", n)
	}
	return fmt.Sprintf("%d hours", (n+59)/60)
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
