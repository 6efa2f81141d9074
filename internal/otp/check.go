package otp

import (
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// Entry is one code and the time at which it was entered.
type Entry struct {
	Code string    // as ParseCode gives it
	At   time.Time // HOTP tokens do without
}

// Attempt is everything that the answer to one or two codes depends on.
type Attempt struct {
	Params     token.Params
	Seed       token.Seed
	Entries    []Entry    // one, or two in the order in which the token showed them
	Paced      bool       // each entry's time is when it was typed, so their distance means something
	Counter    int64      // HOTP: the counter expected of the first code ever
	Watermark  token.Mark // the last step or counter accepted
	Prediction Prediction // TOTP
	Caps       Caps       // of an organisation that wants narrower windows
	Many       bool       // one of many: a pair is sifted for first
	Deep       bool       // search two codes ±14 h, or 10,000 counters ahead; one code is never searched wider
}

// Result is the answer.
type Result struct {
	Accepted bool
	Reason   Reason // when refused; then Msg says what is wrong and Hint what to do next
	Msg      string // neither contains a code or anything of the seed
	Hint     fault.Text
	// Fitting is set with WrongParameters: what a correction of the batch has to
	// say. What is to be done depends on where the token is, so the hint does not
	// say it.
	Fitting []fault.Setting
	// MarkAhead is set where every code that the token shows for a long time counts
	// as used. What is to be done depends on where the token is, so the hint does
	// not say it.
	MarkAhead bool
	// Repeated is set where the codes are the last that were accepted.
	Repeated bool

	// When accepted:
	First, Last int64   // steps or counters that the codes matched; equal for one code
	Offset      int64   // First minus our clock's step at the first entry; HOTP: minus the counter expected
	Drift       float64 // TOTP: seconds, from the last entry

	StepsSearched int // steps at which the first code was searched, in either case
}

// Check compares one code, or two consecutive ones, with every step of the
// window that they are due (RFC 4226 section 7.4, RFC 6238 sections 5.2 and 6)
// and never accepts a step at or below the watermark. What was found beyond the
// window serves to explain a refusal only.
//
// The error is of kind fault.Internal and means that no answer was possible:
// the attempt or the stored record contradicts itself.
func Check(a Attempt) (Result, error) {
	gen, err := newGenerator(a.Params, a.Seed)
	if err != nil {
		return Result{}, err
	}
	if err := a.validate(); err != nil {
		return Result{}, err
	}
	if a.pair() && a.Entries[0].Code == a.Entries[1].Code {
		return sameCodeTwice(a.Params.Type), nil
	}
	if a.Many {
		if r, ok, err := sifted(a, gen); ok || err != nil {
			return r, err
		}
	}
	return newSearch(a, gen).answer()
}

// latest is the end of the year 9999 in Unix seconds: times and drifts beyond it
// are damage, and arithmetic on them could overflow.
const latest = token.MaxT0

// lastStep is above every step that a clock of period 1 can be in between the
// times that are possible, whatever its T0 and its drift.
const lastStep = 3 * latest

func (a Attempt) validate() error {
	if n := len(a.Entries); n < 1 || n > 2 {
		return fault.Errorf(fault.Internal, "%d codes in one attempt; one or two are possible", n)
	}
	for _, e := range a.Entries {
		if _, bad := ParseCode(e.Code, a.Params.Digits); bad != nil || len(e.Code) != a.Params.Digits {
			return fault.Errorf(fault.Internal, "a code reached the check that was not parsed")
		}
		if !plausible(e.At) && !(a.Params.Type == token.HOTP && e.At.IsZero()) {
			return fault.Errorf(fault.Internal, "a code was entered at an impossible time, %d", e.At.Unix())
		}
	}
	if err := token.CheckCounter(a.Counter); err != nil {
		return fault.Wrap(fault.Internal, err, "no code can be checked")
	}
	if m := a.Watermark; m.Known && (m.Step < 0 || a.Params.Type == token.TOTP && m.Step > lastStep) {
		return fault.Errorf(fault.Internal, "the watermark %d is impossible", m.Step)
	}
	if a.Params.Type == token.HOTP && a.Watermark.Covers(token.MaxCounter) {
		return fault.Errorf(fault.Internal, "the last counter there is was used; the caller looks for that first")
	}
	return a.Prediction.validate()
}

func plausible(t time.Time) bool { return !t.IsZero() && t.Unix() > -latest && t.Unix() <= latest }

// validate is written so that NaN fails it.
func (pr Prediction) validate() error {
	centred := pr.Centre >= -latest && pr.Centre <= latest
	if !centred || !(pr.HalfWidth >= 0 && pr.HalfWidth <= latest) {
		return fault.Errorf(fault.Internal, "a predicted drift of %g ± %g s is impossible", pr.Centre, pr.HalfWidth)
	}
	return nil
}

func (a Attempt) pair() bool { return len(a.Entries) == 2 }

func (a Attempt) last() Entry { return a.Entries[len(a.Entries)-1] }

// expected is the HOTP counter that comes next.
func (a Attempt) expected() int64 {
	if a.Watermark.Known {
		return a.Watermark.Step + 1
	}
	return a.Counter
}

// markAhead reports whether the watermark of a TOTP token lies beyond all that even
// a deep search looks at.
func (a Attempt) markAhead() bool {
	return a.Params.Type == token.TOTP && a.Watermark.Known && a.Watermark.Step > widest(a).hi
}

// centre is the TOTP step that the first entry is expected at.
func (a Attempt) centre() int64 {
	return StepAt(a.Params, a.Entries[0].At, a.Prediction.Centre)
}
