package cli

import (
	"context"
	"fob/internal/fault"
	"strings"
)

// confirm asks before something ends. Without a terminal, and under --json, the
// answer has to be on the command line.
func (r *root) confirm(ctx context.Context, yes bool, what string) error {
	if yes {
		return nil
	}
	if r.json {
		return fault.Errorf(fault.Usage, "--json never asks, and this needs a yes").WithHint("add --yes")
	}
	t, err := openTerminal("this needs a yes", "add --yes")
	if err != nil {
		return err
	}
	defer t.close()
	for {
		answer, err := t.ask(ctx, what+"? (yes or no)")
		if err != nil {
			return err
		}
		switch strings.ToLower(answer) {
		case "yes", "y":
			return nil
		case "no", "n": // a decision, not an interruption
			return fault.Errorf(fault.NotAllowed, "not confirmed; nothing was changed")
		}
	}
}
