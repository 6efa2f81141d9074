package targets

import (
	"fmt"
	"strings"

	"fob/internal/token"
)

// Words say what a target can hold, for help.
func (t *Target) Words() string {
	var all []string
	add := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	add(len(t.Types) == 1, "%s only", join0(t.Types))
	add(len(t.Types) != 1, "totp and hotp")
	add(len(t.Digits) > 0, "%s digits", join0(t.Digits))
	add(len(t.Digits) == 0, "any digits")
	add(len(t.Hashes) > 0, "%s", join0(t.Hashes))
	add(len(t.Hashes) == 0, "any hash")
	hotp := len(t.Types) == 1 && t.Types[0] == token.HOTP
	add(len(t.Periods) > 0, "periods of %s s", join0(t.Periods))
	add(t.Longest > 0, "periods up to %d s", t.Longest)
	add(len(t.Periods) == 0 && t.Longest == 0 && !hotp, "any period")
	add(t.T0, "any T0")
	add(t.MaxSeed > 0, "seeds of %d bytes at most", t.MaxSeed)
	add(t.Top > 0, "counters to %d", t.Top)
	add(t.Account == MustHave, "an account is needed (%s)", t.Calls)
	add(t.Account == MayHave, "with or without an account (%s)", t.Calls)
	add(t.OneEach, "one token an account")
	add(t.Rows > 0, "%d tokens a file", t.Rows)
	add(t.Group != nil, "several files where tokens differ")
	add(t.Locked, "encrypted only")
	return strings.Join(all, ", ")
}

// ClockWords say what becomes of clocks that are off.
func (t *Target) ClockWords() string {
	switch {
	case t.Drift != "":
		return "the drift goes along, in " + t.Drift
	case t.Widen == never:
		return fmt.Sprintf("%s either way, and it follows none", stepWords(t.Window))
	case t.Widen != "":
		return fmt.Sprintf("%s either way; else %s", stepWords(t.Window), t.Widen)
	}
	return fmt.Sprintf("%s either way is what to count on; resynchronise there what is further off", stepWords(t.Window))
}

// join0 lists what is possible, with nothing said of one.
func join0[T any](all []T) string { return strings.TrimSuffix(join(all), " only") }
