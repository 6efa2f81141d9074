package otp

import (
	"time"

	"fob/internal/token"
)

// Outlook is what a record promises for one moment: where a TOTP token's clock
// will be, how wide a code will be searched, and how long one code will do.
type Outlook struct {
	Prediction
	Clock Clock
	At    time.Time // the moment
	Steps int       // that one code is searched in then
	Two   bool      // one code may well lie outside of that: two are to be asked for
	// OneCodeUntil is when the window of one code ceases to hold what the clock
	// may do: from then on the token needs two codes, and is better
	// resynchronised before.
	OneCodeUntil time.Time
}

// Outlook looks ahead, or back, to a moment, under the caps of a policy. Tokens
// without a clock have none: then it is the zero Outlook.
func (h History) Outlook(p token.Params, c Caps, at time.Time) Outlook {
	if p.Type != token.TOTP || p.Period < 1 {
		return Outlook{}
	}
	pr := h.Predict(p.Period, at)
	reach := capped(p.Period, oneCodeReach(p.Period, pr.HalfWidth), c.OneCode)
	return Outlook{Prediction: pr, Clock: h.Clock(p.Period), At: at, Steps: int(2*reach + 1),
		Two: pr.WantsTwo(p, c), OneCodeUntil: pr.Since.Add(oneCodeSpan(p.Period, c, pr.PerDay))}
}

// oneCodeSpan is how long after an observation the half-width stays within the
// widest window of one code; not at all, and less than that, for the shortest
// periods.
func oneCodeSpan(period int, c Caps, perDay float64) time.Duration {
	widest := float64(capped(period, oneCodeReach(period, DeepSeconds), c.OneCode)) * float64(period)
	return time.Duration((widest - baseWidth) / perDay * float64(day))
}
