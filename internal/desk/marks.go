package desk

import (
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
)

// Why a token went is part of what must happen before it returns. So a leak and a theft
// are facts of the token, not words in a reason, and no command takes one back.

// asked are the commands whose words are searched for a leak or a theft that the facts
// do not say. Those that bring a token back may speak of it.
var asked = []token.Command{token.CmdQuarantine, token.CmdBatchQuarantine, token.CmdLost, token.CmdFound, token.CmdUnbind, token.CmdUnassign, token.CmdSuspend}

// Marked are the marks that a move adds to those of a token, by what is said of it.
// Words that speak of a leak or a theft have to be answered with yes or no.
func Marked(t token.Token, by token.Command, to token.State, w Words) (more token.Marks, err error) {
	goes := to == token.Quarantined || to == token.Lost || to == token.Retired
	text := w.Reason + " " + w.Condition
	what, which := "the seed of token "+string(t.Serial), "token "+string(t.Serial)
	if t.Serial == "" { // it is about a batch
		what, which = "the seeds of its tokens", "any of its tokens"
	}
	asks := slices.Contains(asked, by) && to != token.Retired
	switch {
	case asks && w.Leaked == token.Unsaid && !t.Leaked && token.SpeaksOfLeak(text):
		return more, fault.Errorf(fault.Refused, "the reason speaks of a leak: may others know %s?", what).
			WithHint("say %s, and it never comes back, or %s; nothing was changed", fault.Leaked, fault.Leaked.Is(fault.No))
	case asks && w.Stolen == token.Unsaid && w.Leaked == token.Unsaid && token.SpeaksOfTheft(text) && !(t.WasStolen && (by != token.CmdLost || t.Loss.Stolen)):
		return more, fault.Errorf(fault.Refused, "the reason speaks of a theft: was %s stolen?", which).
			WithHint("say %s, and it comes back only with a second person, or %s; nothing was changed", fault.Stolen, fault.Stolen.Is(fault.No))
	case w.Leaked == token.Yes && !goes:
		return more, fault.Errorf(fault.NotAllowed, "a token whose seed others may know is set aside for good: %s does not do that", by).
			WithHint("instead: %s", fault.Do(token.CmdQuarantine, t.Serial, fault.Leaked))
	case w.Stolen == token.Yes && !goes:
		return more, fault.Errorf(fault.NotAllowed, "a token that was stolen goes to quarantine when it is back, and to nobody else: %s does not do that", by).
			WithHint("still gone: %s; back in hand: %s", fault.Do(token.CmdLost, t.Serial, fault.Stolen), fault.Do(token.CmdUnbind, t.Serial, fault.Returned, fault.ToState.Is(token.Quarantined), fault.Stolen))
	}
	return token.Marks{Leaked: w.Leaked == token.Yes, WasStolen: w.Stolen == token.Yes}, nil
}

// quarantineAs is the move by which a quarantine marks a token that is where it is, or
// takes one from its account: only a mark allows that.
func quarantineAs(t token.Token, c Change, step token.Transition, more token.Marks) error {
	switch {
	case c.By != token.CmdQuarantine || step.With == (token.Choice{}):
		return nil
	case t.State.HasAccount() && !more.Leaked, t.State == c.To && c.Leaked != token.Yes && c.Stolen != token.Yes:
		return moveError(t, t.Impossible(c.By))
	case t.State == c.To && t.Marks.With(more) == t.Marks:
		return fault.Errorf(fault.NotAllowed, "that is known of token %s already: it is %s since %s", t.Serial, t.State, when(t.Since)).
			WithHint("%s shows more", fault.Do("show", t.Serial))
	}
	return nil
}

// Comes refuses a token that must not come back, no matter who approves it.
func Comes(t token.Token) error {
	if !t.Leaked {
		return nil
	}
	return fault.Errorf(fault.NotAllowed, "token %s does not come back: others may know its seed", t.Serial).
		WithHint("the only way on is %s", fault.Do(token.CmdRetire, t.Serial))
}

// releaseOrder adds to an order what a second person has to approve: that tokens come
// back which were stolen.
func releaseOrder(r Reader, serials []token.Serial, c Change, o *request.Order) error {
	var stolen []string
	for _, serial := range serials {
		t, err := r.Token(serial)
		if err != nil {
			return err
		}
		if _, err := t.Move(c.By, c.To); err != nil {
			return moveError(t, err)
		}
		if err := Comes(t); err != nil {
			return err
		}
		o.What = append(o.What, "serial="+string(t.Serial))
		if t.WasStolen {
			stolen = append(stolen, string(t.Serial))
		}
	}
	if len(stolen) == 0 {
		return nil
	}
	names := strings.Join(stolen, ", ")
	if c.Reason == "" {
		return fault.Errorf(fault.Refused, "token %s was stolen: %s is needed, why is it sound all the same?", names, fault.Reason).
			WithHint("and a second person: %s", fault.Do(c.By, serials[0], fault.Reason.Is("WHY"), fault.ApprovedBy.Is("NAME")))
	}
	o.Guard, o.Touches, o.Always = token.GuardRelease, serials, true
	o.Effect = "take back into stock what was stolen: token " + names
	return nil
}
