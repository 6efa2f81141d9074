package desk

import (
	"fmt"

	"fob/internal/otp"
	"fob/internal/token"
)

// remedy is what to do about codes that were refused. Wrong parameters are the
// one cause for which that depends on the token: one that answered a code once
// has shown that its parameters are right, and is not corrected.
func remedy(t token.Token, r otp.Result) string {
	switch {
	case r.MarkAhead:
		return r.Hint + ", " + another(t)
	case r.Reason != otp.WrongParameters:
		return r.Hint
	case !t.Watermark.Known:
		return r.Hint + fmt.Sprintf(": `fob batch correct %d %s` mends it for all tokens of its batch that were never bound (--dry-run tells which)", t.BatchNumber, r.Flags)
	}
	return r.Hint + ", though it answered codes before, so that it is not corrected: tell the ops desk; " + takeBack(t) + " and give the person another token"
}

// takeBack gets a token out of use.
func takeBack(t token.Token) string {
	switch t.State {
	case token.Assigned:
		return fmt.Sprintf("take this one back (`fob unassign %s`), set it aside", t.Serial)
	case token.Bound:
		return fmt.Sprintf("take this one back (`fob unbind %s --returned --to quarantined`)", t.Serial)
	}
	return "set this one aside"
}

// another takes a token out of use that is good for nothing, in one command where
// it is somebody's.
func another(t token.Token) string {
	if t.State.HasAccount() {
		return fmt.Sprintf("give the person another token: `fob replace %s OTHER --returned`", t.Serial)
	}
	return fmt.Sprintf("take another token; `fob retire %s` ends this one", t.Serial)
}

// furtherHint joins what a person can do, of which either may be nothing.
func furtherHint(hint, more string) string {
	if hint == "" || more == "" {
		return hint + more
	}
	return hint + "; " + more
}
