package term

import (
	"context"
	"strings"

	"fob/internal/fault"
)

// Confirm asks before something ends. Without a terminal, and under --json, the
// answer has to be on the command line.
func (r *Run) Confirm(ctx context.Context, yes bool, what string) error {
	if yes {
		return nil
	}
	if r.JSON {
		return fault.Errorf(fault.Usage, "--json never asks, and this needs a yes").WithHint("add --yes")
	}
	sure, err := r.AskYesNo(ctx, what)
	if err == nil && !sure { // a decision, not an interruption
		err = fault.Errorf(fault.NotAllowed, "not confirmed; nothing was changed")
	}
	return err
}

// ConfirmHere asks on a terminal only: a script was written by somebody who knew what it
// does.
func (r *Run) ConfirmHere(ctx context.Context, yes bool, what string) error {
	if yes || r.JSON || !hasTerminal() {
		return nil
	}
	return r.Confirm(ctx, false, what)
}

// AskYesNo asks a question at the terminal until it is answered.
func (r *Run) AskYesNo(ctx context.Context, what string) (yes bool, err error) {
	t, err := OpenTerminal("this needs a yes", "add --yes")
	if err != nil {
		return false, err
	}
	defer t.Close()
	for {
		answer, err := t.Ask(ctx, what+"? (yes or no)")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "yes", "y":
			return true, nil
		case "no", "n":
			return false, nil
		}
		t.Say("Type yes or no.")
	}
}
