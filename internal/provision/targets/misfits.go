package targets

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fob/internal/token"
)

// Misfits says what of a token the target cannot hold, each in words that follow
// the serial.
func (t *Target) Misfits(i *Item, o *Options) (all []string) {
	no := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if !takes(t.Types, i.Type) {
		no("it is %s; %s takes %s", i.Type, t.Name, join(t.Types))
	}
	if !takes(t.Digits, i.Digits) {
		no("it shows %d digits; %s takes %s", i.Digits, t.Name, join(t.Digits))
	}
	if !takes(t.Hashes, i.Hash) {
		no("its hash is %s; %s takes %s", i.Hash, t.Name, join(t.Hashes))
	}
	if i.Type == token.TOTP {
		t.clockMisfits(i, no)
	}
	if t.MaxSeed > 0 && i.Bytes > t.MaxSeed {
		no("its seed has %d bytes; %s takes %d at most", i.Bytes, t.Name, t.MaxSeed)
	}
	if i.Type == token.HOTP && t.Top > 0 && i.Next > t.Top {
		no("its counter is at %d; %s goes to %d", i.Next, t.Name, t.Top)
	}
	if t.Serial != nil {
		if why := t.Serial(string(i.Serial)); why != "" {
			no("its serial %s", why)
		}
	}
	if t.Account == MustHave && i.Account == "" {
		no("it has no account; %s needs a %s", t.Name, t.Calls)
	}
	if t.Fits != nil {
		if why := t.Fits(i, o); why != "" {
			no("%s", why)
		}
	}
	return all
}

// takes reports whether a value is among those that are possible; none are named where
// all are.
func takes[T comparable](possible []T, v T) bool {
	return len(possible) == 0 || slices.Contains(possible, v)
}

// clockMisfits looks at what a TOTP token's clock counts.
func (t *Target) clockMisfits(i *Item, no func(format string, args ...any)) {
	switch {
	case !takes(t.Periods, i.Period):
		no("its period is %d s; %s takes %s", i.Period, t.Name, join(t.Periods))
	case i.Period < t.Least:
		no("its period is %d s; %s takes %d s or more", i.Period, t.Name, t.Least)
	case t.Longest > 0 && i.Period > t.Longest:
		no("its period is %d s; %s takes %d s at most", i.Period, t.Name, t.Longest)
	}
	switch {
	case i.T0 == 0:
	case !t.T0:
		no("its clock counts from T0 = %d; %s counts from 1970 only%s", i.T0, t.Name, elsewhere(i))
	case i.T0%int64(i.Period) != 0 && !t.Columns:
		no("its clock counts from T0 = %d, which is no whole number of its periods", i.T0)
	}
}

// elsewhere names the one target that can hold such a clock.
func elsewhere(i *Item) string {
	if i.Period > 0 && i.T0%int64(i.Period) == 0 {
		return " (freeipa can, as an offset)"
	}
	return ""
}

// Remarks say what the target will not know of a token though fob does, and what
// that means.
func (t *Target) Remarks(i *Item, o *Options) (all []string) {
	if t.LeavesBehind(i, o) {
		all = append(all, t.left(i.Steps()))
	}
	if steps := abs(i.Steps()); t.Ignored != "" && t.TakesDrift(o) && beyond(steps, o.Set["window"]) {
		all = append(all, strings.ReplaceAll(t.Ignored, "N", strconv.FormatInt(steps+1, 10)))
	}
	if i.Type == token.HOTP && i.Next < t.First {
		all = append(all, fmt.Sprintf("its counter is at %d, and %s begins at %d: its first code is refused there, the next one is taken", i.Next, t.Name, t.First))
	}
	if t.Starts && i.Type == token.HOTP && i.Next > 0 {
		all = append(all, fmt.Sprintf("its counter is at %d, and %s starts at 0: resynchronise it there first", i.Next, t.Name))
	}
	return all
}

// LeavesBehind reports whether the target will not follow a token's clock: unless it is
// helped there, the token never logs in.
func (t *Target) LeavesBehind(i *Item, o *Options) bool {
	steps := i.Steps()
	return steps != 0 && !t.TakesDrift(o) && abs(steps) > t.Window
}

// MayLeaveBehind reports whether the clock of a token that nobody saw decides whether it
// ever logs in: the target has no way to follow one.
func (t *Target) MayLeaveBehind(i *Item) bool {
	return i.Type == token.TOTP && i.Drift == nil && t.Drift == "" && t.Widen == never
}

// beyond reports whether so many steps are not within a window.
func beyond(steps int64, window string) bool {
	n, err := strconv.ParseInt(window, 10, 64)
	return err == nil && steps > n
}

// left tells of a clock that the target will not follow.
func (t *Target) left(steps int64) string {
	way := "fast"
	if steps < 0 {
		way = "slow"
	}
	allows := fmt.Sprintf("%s allows %s either way", t.Name, stepWords(t.Window))
	if t.Window == 0 {
		allows = t.Name + " allows none"
	}
	then := "resynchronise it there first, or it will never log in"
	switch {
	case t.Widen == never:
		then = "it will never log in there; give the person another token"
	case t.Widen != "":
		then = fmt.Sprintf("%s there, or it will never log in", strings.ReplaceAll(t.Widen, "N", strconv.FormatInt(abs(steps)+1, 10)))
	}
	return fmt.Sprintf("its clock is %s %s, and %s: %s", stepWords(abs(steps)), way, allows, then)
}

// never stands in Target.Widen for a verifier that has no way to take such a clock.
const never = "never"

func stepWords(n int64) string {
	if n == 1 {
		return "1 step"
	}
	return strconv.FormatInt(n, 10) + " steps"
}

func abs(n int64) int64 { return max(n, -n) }

// join lists what is possible: "6 and 8".
func join[T any](all []T) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = fmt.Sprint(v)
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "") + " only"
}

// serialOf allows the characters of a set, and so many of them.
func serialOf(most int, signs string) func(string) string {
	return func(serial string) string {
		if len(serial) > most {
			return fmt.Sprintf("has %d characters, the limit is %d", len(serial), most)
		}
		for _, c := range serial {
			plain := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
			if !plain && !strings.ContainsRune(signs, c) {
				return fmt.Sprintf("has a %q, which is not possible there", c)
			}
		}
		return ""
	}
}
