package inventory

import (
	"fmt"

	"fob/internal/otp"
	"fob/internal/token"
)

// remedy is what to do about codes that were refused. Wrong parameters are the
// one cause for which that depends on where the token is: --replace exchanges
// only what was never given out.
func remedy(t token.Token, r otp.Result) string {
	switch {
	case r.Reason != otp.WrongParameters:
		return r.Hint
	case t.State == token.InStock && !t.Issued:
		return r.Hint + ": correct it in the seed file, or say there what it leaves open (" + r.Flags + "), and import it again with --replace"
	}
	return r.Hint + ", and of a token that was given out it is not exchanged: tell the ops desk; " + takeBack(t) + " and give the person another token"
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

// furtherHint joins what a person can do, of which either may be nothing.
func furtherHint(hint, more string) string {
	if hint == "" || more == "" {
		return hint + more
	}
	return hint + "; " + more
}
