package desk

import (
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// remedy is what to do about codes that were refused. Wrong parameters are the
// one cause for which that depends on the token: one that answered a code once
// has shown that its parameters are right, and is not corrected.
func remedy(t token.Token, r otp.Result) fault.Text {
	switch {
	case r.MarkAhead:
		return fault.Textf("%s, %s", r.Hint, another(t))
	case r.Reason != otp.WrongParameters:
		return r.Hint
	case !t.Watermark.Known:
		return fault.Textf("%s: %s corrects it for all tokens of its batch that were never bound (%s shows which)",
			r.Hint, fault.Do(token.CmdBatchCorrect, t.BatchNumber, r.Fitting), fault.DryRun)
	}
	return fault.Textf("%s, though it answered codes before, so that it is not corrected: tell the ops desk; %s and give the person another token", r.Hint, takeBack(t))
}

// takeBack gets a token out of use.
func takeBack(t token.Token) fault.Text {
	switch t.State {
	case token.Assigned:
		return fault.Textf("take this one back (%s), set it aside", fault.Do(token.CmdUnassign, t.Serial))
	case token.Bound:
		return fault.Textf("take this one back (%s)",
			fault.Do(token.CmdUnbind, t.Serial, fault.Returned, fault.ToState.Is(token.Quarantined)))
	}
	return fault.Textf("set this one aside")
}

// another takes a token out of use that is good for nothing, in one command if it
// is somebody's.
func another(t token.Token) fault.Text {
	if t.State.HasAccount() {
		return fault.Textf("give the person another token: %s", fault.Do(token.CmdReplace, t.Serial, "OTHER", fault.Returned))
	}
	return fault.Textf("take another token; %s ends this one", fault.Do(token.CmdRetire, t.Serial))
}
