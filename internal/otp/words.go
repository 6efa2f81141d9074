package otp

import (
	"fmt"
	"math"
	"strings"
	"time"

	"fob/internal/token"
)

// refusal is a reason with its words, for somebody with a phone at the ear. The
// zero refusal is none.
type refusal struct {
	reason    Reason
	msg, hint string
	flags     string
	ahead     bool
}

func refused(r refusal, searched int) Result {
	return Result{Reason: r.reason, Msg: r.msg, Hint: r.hint, Flags: r.flags, MarkAhead: r.ahead, StepsSearched: searched}
}

const freshPair = "take two fresh codes: the one that the token shows next, then the one that follows it"

func sameCodeTwice(t token.Type) refusal {
	r := refusal{reason: SameCodeTwice, msg: "both codes are the same", hint: "wait until the token shows another code, then give the old and the new one"}
	if t == token.HOTP {
		r.hint = "press the button again for the second code"
	}
	return r
}

func wrongCode(t token.Type) refusal {
	r := refusal{reason: WrongCode, msg: "the code does not match this token",
		hint: "compare the serial on the back; then ask for the next code as well: two codes in a row are searched wider than one"}
	if t == token.HOTP {
		r.hint = "compare the serial on the back; then press the button twice and give both codes: two in a row are searched wider than one"
	}
	return r
}

func wrongPair() refusal {
	return refusal{reason: WrongCode, msg: "the two codes do not match this token", hint: "compare the serial on the back; if it is right, " + freshPair}
}

func alreadyUsed(a Attempt, m match) refusal {
	r := refusal{reason: AlreadyUsed, hint: freshPair}
	switch {
	case a.markAhead():
		return markAhead(a)
	case !a.pair():
		r.msg = "this code, or a newer one, was already used"
		r.hint = "wait for the next code and give that one"
		if a.Params.Type == token.HOTP {
			r.hint = "press the button and give the new code"
		}
	case a.Watermark.Covers(m.last):
		r.msg = "these codes, or newer ones, were already used"
	default:
		r.msg = "the first of these codes was already used"
	}
	return r
}

// markAhead: no code that the token shows for a long time is above the watermark,
// so to wait for the next one is of no use.
func markAhead(a Attempt) refusal {
	return refusal{reason: AlreadyUsed, ahead: true,
		msg: fmt.Sprintf("the last code that was accepted of it belongs to %s, which is yet to come: until then every code counts as used",
			whenShown(a.Params, a.Watermark.Step).Format(time.DateOnly)),
		hint: "this computer's clock is wrong now, or it or the token's was when that code was accepted; if it is right now"}
}

func wrongOrder() refusal {
	return refusal{reason: WrongOrder, msg: "these codes are in the wrong order: the second was shown before the first",
		hint: "give them in the order in which the token showed them, or " + freshPair}
}

// notConsecutive: apart is the second code's step minus the first's.
func notConsecutive(p token.Params, apart int64) refusal {
	side := "after"
	if apart < 0 {
		side = "before"
	}
	steps := distance(apart, 0)
	how := fmt.Sprintf("%s (%s)", plural(steps, "step"), duration(float64(steps)*float64(p.Period)))
	if p.Type == token.HOTP {
		how = plural(steps, "press") + " of the button"
	}
	return refusal{reason: NotConsecutive,
		msg:  fmt.Sprintf("these codes are not consecutive: the second lies %s %s the first", how, side),
		hint: freshPair}
}

const deepHint = "if nothing else speaks against it, repeat with --deep, --approved-by and --reason"

// clockOff: drift and reach in seconds.
func clockOff(drift float64, period int, reach int64) refusal {
	clock := fmt.Sprintf("its clock is %s fast", duration(drift))
	switch {
	case math.Abs(drift) <= baseWidth+float64(period):
		clock = "its clock agrees with ours, which its record does not expect"
	case drift < 0:
		clock = fmt.Sprintf("its clock is %s slow", duration(-drift))
	}
	return refusal{reason: OutOfWindow,
		msg:  fmt.Sprintf("right token, but %s, and only %s either side of what the record predicts are searched", clock, duration(float64(reach))),
		hint: deepHint}
}

func counterAhead(presses, searched int64) refusal {
	return refusal{reason: OutOfWindow,
		msg:  fmt.Sprintf("right token, but its counter is %d ahead, and only %d are searched: its button was pressed that often", presses, searched),
		hint: deepHint}
}

// otherParameters names what differs between the record and what fits.
func otherParameters(own, fitting token.Params) refusal {
	var parts, flags []string
	add := func(flag, format string, args ...any) {
		parts = append(parts, fmt.Sprintf(format, args...))
		flags = append(flags, flag)
	}
	if fitting.Type != own.Type {
		add("--type "+string(fitting.Type), "type %s", fitting.Type)
	}
	if fitting.Type == token.TOTP && fitting.Period != own.Period {
		add(fmt.Sprintf("--period %d", fitting.Period), "a period of %d s", fitting.Period)
	}
	if fitting.Hash != own.Hash {
		add("--hash "+string(fitting.Hash), "hash %s", fitting.Hash)
	}
	if fitting.Type == own.Type && fitting.T0 != own.T0 {
		t0 := time.Unix(fitting.T0, 0).UTC().Format(time.RFC3339)
		add("--t0 "+t0, "a T0 of %s", t0)
	}
	return refusal{
		reason: WrongParameters,
		msg:    fmt.Sprintf("these codes fit this seed with %s; the record says %s", strings.Join(parts, " and "), own),
		hint:   "the record was imported with wrong parameters",
		flags:  strings.Join(flags, " "),
	}
}

func counterTooHigh(counter int64) refusal {
	return refusal{
		reason: WrongParameters,
		msg:    fmt.Sprintf("these codes fit this seed with a counter near 0; the record says that it begins at %d", counter),
		hint:   "the record was imported with a wrong counter",
		flags:  "--counter 0",
	}
}

// duration says seconds, of which the sign is left out, as a person would.
func duration(seconds float64) string {
	seconds = math.Abs(seconds)
	if seconds < 120 {
		return plural(int64(math.Round(seconds)), "second")
	}
	minutes := int64(math.Round(seconds / 60))
	if minutes < 120 {
		return plural(minutes, "minute")
	}
	// Of hours nobody wants to hear the odd minute, which typing may have added.
	minutes = int64(math.Round(seconds/300)) * 5
	text := plural(minutes/60, "hour")
	if minutes%60 != 0 {
		text += " " + plural(minutes%60, "minute")
	}
	return text
}

func plural(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
