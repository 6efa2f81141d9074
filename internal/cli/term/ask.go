package term

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/request"
)

// ask makes a request of a command that waits for a second person, shows it, and
// returns what the command ends with.
func (r *Run) ask(ctx context.Context, n *request.Needed, line []string) error {
	if r.Running != nil { // to carry one request out never asks for another unseen
		return r.Running.Misfits(n)
	}
	var q request.Request
	err := r.WithUseCases(ctx, func(u *app.UseCases) (err error) {
		q, err = u.Requests.File(ctx, n, line)
		return err
	})
	if err != nil {
		return err
	}
	if r.JSON {
		return cmp.Or[error](r.PrintJSON(q), q.Filed())
	}
	r.Say("Request %d: %s.", q.Number, q.Effect)
	for _, text := range n.Remarks() {
		r.Remark("%s", text)
	}
	return q.Filed()
}

// notAsked are the flags that say nothing of what a command does, and those that are
// typed when it runs: no secret goes into a request.
var notAsked = []string{"db", "identity", "json", "quiet", "code", "help"}

// lineOf is the command line that does the same again.
func lineOf(cmd *cobra.Command, args []string) (line []string) {
	for c := cmd; c.HasParent(); c = c.Parent() {
		line = append(line, c.Name())
	}
	slices.Reverse(line)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(notAsked, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			line = append(line, "--"+f.Name+"="+v)
		}
	})
	return append(append(line, "--"), args...)
}

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
	if yes || !r.AsksHere() {
		return nil
	}
	return r.Confirm(ctx, false, what)
}

// AsksHere reports whether ConfirmHere asks.
func (r *Run) AsksHere() bool { return !r.JSON && hasTerminal() }

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
