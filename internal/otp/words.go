package otp

import (
	"fmt"
	"math"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

// refused is a reason with its words, for somebody with a phone at the ear.
func refused(reason Reason, msg, hint string) Result {
	return Result{Reason: reason, Msg: msg, Hint: fault.Textf("%s", hint)}
}

const freshPair = "take two fresh codes: the one that the token shows next, then the one that follows it"

func sameCodeTwice(t token.Type) Result {
	hint := "wait until the token shows another code, then give the old and the new one"
	if t == token.HOTP {
		hint = "press the button again for the second code"
	}
	return refused(SameCodeTwice, "both codes are the same", hint)
}

func wrongCode(t token.Type) Result {
	next := "ask for the next code as well: two codes"
	if t == token.HOTP {
		next = "press the button twice and give both codes: two"
	}
	return refused(WrongCode, "the code does not match this token",
		"compare the serial on the back; then "+next+" in a row are searched wider than one")
}

func alreadyUsed(a Attempt, m match) Result {
	switch {
	case a.markAhead():
		// No code that the token shows for a long time is above the watermark, so
		// waiting for the next one does not help.
		r := refused(AlreadyUsed, fmt.Sprintf("the last code that was accepted of it belongs to %s, which is yet to come: until then every code counts as used",
			whenShown(a.Params, a.Watermark.Step).Format(time.DateOnly)),
			"this computer's clock is wrong now, or it or the token's was when that code was accepted; if it is right now")
		r.MarkAhead = true
		return r
	case !a.pair() && a.Params.Type == token.HOTP:
		return refused(AlreadyUsed, "this code, or a newer one, was already used", "press the button and give the new code")
	case !a.pair():
		return refused(AlreadyUsed, "this code, or a newer one, was already used", "wait for the next code and give that one")
	case a.Watermark.Covers(m.last):
		return refused(AlreadyUsed, "these codes, or newer ones, were already used", freshPair)
	}
	return refused(AlreadyUsed, "the first of these codes was already used", freshPair)
}

// notConsecutive: apart is the second code's step minus the first's.
func notConsecutive(p token.Params, apart int64) Result {
	side := "after"
	if apart < 0 {
		side = "before"
	}
	steps := distance(apart, 0)
	how := fmt.Sprintf("%s (%s)", plural(steps, "step"), duration(float64(steps)*float64(p.Period)))
	if p.Type == token.HOTP {
		how = plural(steps, "press") + " of the button"
	}
	return refused(NotConsecutive, fmt.Sprintf("these codes are not consecutive: the second lies %s %s the first", how, side), freshPair)
}

func tooFar(msg string) Result {
	return Result{Reason: OutOfWindow, Msg: "right token, but " + msg,
		Hint: fault.Textf("if you trust the caller, repeat with %s, %s and %s", fault.Deep, fault.ApprovedBy, fault.Reason)}
}

// clockOff: drift and reach in seconds.
func clockOff(drift float64, period int, reach int64) Result {
	clock := fmt.Sprintf("its clock is %s fast", duration(drift))
	switch {
	case math.Abs(drift) <= baseWidth+float64(period):
		clock = "its clock agrees with ours, which its record does not expect"
	case drift < 0:
		clock = fmt.Sprintf("its clock is %s slow", duration(-drift))
	}
	return tooFar(fmt.Sprintf("%s, and only %s either side of what the record predicts are searched", clock, duration(float64(reach))))
}

// brokenClock is the answer to a deep search whose codes lie beyond it.
func brokenClock(drift float64) Result {
	way := "fast"
	if drift < 0 {
		way = "slow"
	}
	return refused(OutOfWindow, fmt.Sprintf("right token, but its clock is %s %s, and no search goes further than %s", duration(drift), way, duration(DeepSeconds)),
		"a clock this far off is broken or was set wrong: give the person another token")
}

func counterAhead(presses, searched int64) Result {
	return tooFar(fmt.Sprintf("its counter is %d ahead, and only %d are searched: its button was pressed that often", presses, searched))
}

// otherParameters names what differs between the record and what fits.
func otherParameters(own, fitting token.Params) Result {
	var parts []string
	var settings []fault.Setting
	add := func(s fault.Setting, format string, args ...any) {
		parts, settings = append(parts, fmt.Sprintf(format, args...)), append(settings, s)
	}
	if fitting.Digits != own.Digits {
		add(fault.Digits.Is(fitting.Digits), "%d digits", fitting.Digits)
	}
	if fitting.Type != own.Type {
		add(fault.Type.Is(fitting.Type), "type %s", fitting.Type)
	}
	if fitting.Type == token.TOTP && fitting.Period != own.Period {
		add(fault.Period.Is(fitting.Period), "a period of %d s", fitting.Period)
	}
	if fitting.Hash != own.Hash {
		add(fault.Hash.Is(fitting.Hash), "hash %s", fitting.Hash)
	}
	if fitting.Type == own.Type && fitting.T0 != own.T0 {
		t0 := time.Unix(fitting.T0, 0).UTC().Format(time.RFC3339)
		add(fault.T0.Is(t0), "a T0 of %s", t0)
	}
	r := refused(WrongParameters, fmt.Sprintf("these codes fit this seed with %s; the record says %s", strings.Join(parts, " and "), own),
		"the record was imported with wrong parameters")
	r.Fitting = settings
	return r
}

func counterTooHigh(counter int64) Result {
	r := refused(WrongParameters, fmt.Sprintf("these codes fit this seed with a counter near 0; the record says that it begins at %d", counter),
		"the record was imported with a wrong counter")
	r.Fitting = []fault.Setting{fault.Counter.Is(0)}
	return r
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
	if hours := int64(math.Round(seconds / 3600)); hours >= 48 {
		text := plural(hours/24, "day")
		if hours%24 != 0 {
			text += " " + plural(hours%24, "hour")
		}
		return text
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

// DriftWords tells a drift as a person says it; nothing of a clock that was never seen.
func DriftWords(drift *float64) string {
	if drift == nil {
		return ""
	}
	s, way := math.Round(math.Abs(*drift)), "fast"
	if *drift < 0 {
		way = "slow"
	}
	switch {
	case s == 0:
		return "exact"
	case s < 120:
		return fmt.Sprintf("%.0f s %s", s, way)
	case s < 2*3600:
		return fmt.Sprintf("%.0f min %s", s/60, way)
	}
	return fmt.Sprintf("%.1f h %s", s/3600, way)
}
