package codes

import (
	"fmt"
	"math"
	"time"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
)

// parseAhead reads a date to come, or how far it is away; empty is the zero time.
func parseAhead(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		within, err := term.ParseDays(text)
		if err != nil {
			return at, fault.Errorf(fault.Usage, "%s %q is no date and no length of time; 2027-06-01 and 180d are", flag, text)
		}
		at = now.Add(within)
	}
	if at.Before(now) {
		return at, fault.Errorf(fault.Usage, "%s %s lies in the past", flag, text)
	}
	return at, nil
}

// printClock tells what is known of a token's clock, and what that promises.
func printClock(r *term.Run, out desk.Outcome) {
	c := out.Clock
	if c == nil {
		return
	}
	r.Facts(
		"clock now", term.DriftWords(out.DriftSeconds),
		"rate", rateNoise(c),
		"expected "+c.At.Format(time.DateOnly), fmt.Sprintf("%s; one code is searched in %d steps", expected(c), c.Steps),
		"one code", oneCode(c, r.Now()),
		"flags", flagWords(c.Flags),
	)
}

// expected is where the clock will stand, and how surely.
func expected(c *desk.Clock) string {
	within := lengthWords(c.HalfWidth)
	if math.Abs(c.DriftSeconds) < 0.5 {
		return "right to within " + within
	}
	return fmt.Sprintf("%s, give or take %s", term.DriftWords(&c.DriftSeconds), within)
}

// rateNoise words the measured rate, or why it is not known. The forecast goes by
// another where few observations are weighed against the batch, and by less where
// no sound crystal runs so fast.
func rateNoise(c *desk.Clock) string {
	record := term.Count(c.Observations, "observation")
	jumped := ""
	if c.JumpedAt != nil {
		jumped = fmt.Sprintf("; the clock jumped, seen on %s: %d of them from then on, which count", c.JumpedAt.Format(time.DateOnly), c.SinceJump)
	}
	if c.RatePPM == nil {
		text := fmt.Sprintf("not measured (%s on record%s; it takes two that are %s apart)", record, jumped, term.Length(otp.MinRateSpan))
		if math.Abs(c.UsedPPM) >= 1 {
			text += fmt.Sprintf("; what is predicted goes by %+.1f ppm, as its age and its batch have it", c.UsedPPM)
		}
		return text
	}
	text := fmt.Sprintf("%+.1f ± %.1f ppm (%s%s)", *c.RatePPM, *c.NoisePPM, record, jumped)
	if math.Abs(*c.RatePPM-c.UsedPPM) >= 1 {
		text += fmt.Sprintf("; what is predicted goes by %+.1f", c.UsedPPM)
	}
	return text
}

// oneCode says until when one code will do, and what then.
func oneCode(c *desk.Clock, now time.Time) string {
	switch {
	case c.ResyncBy == nil:
		return "may not do: this clock was never recorded, `fob resync` records it"
	case c.ResyncBy.Before(now):
		return fmt.Sprintf("may not do since %s: `fob resync` with two codes finds the clock again", c.ResyncBy.Format(time.DateOnly))
	}
	return fmt.Sprintf("will do until %s: `fob resync` before that", c.ResyncBy.Format(time.DateOnly))
}

// lengthWords says seconds, without a sign, as a person would.
func lengthWords(seconds float64) string {
	switch s := math.Round(seconds); {
	case s < 600:
		return fmt.Sprintf("%.0f s", s)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min", s/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}

// flagWords says in words what is wrong with a clock.
func flagWords(flags []otp.Flag) string {
	text := ""
	for i, f := range flags {
		if i > 0 {
			text += "; "
		}
		switch f {
		case otp.FlagRate:
			text += fmt.Sprintf("its rate is beyond ± %v ppm, a bad crystal", otp.MaxRate)
		case otp.FlagJump:
			text += "its clock jumped, as a dying battery makes it"
		}
	}
	return text
}
