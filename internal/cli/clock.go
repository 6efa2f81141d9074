package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/desk"
)

func newClockCmd(r *root) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clock",
		Short: "Correct what the trail takes for the newest time",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClockAcceptCmd(r))
	return cmd
}

func newClockAcceptCmd(r *root) *cobra.Command {
	var w wordFlags
	cmd := &cobra.Command{
		Use:   "accept",
		Short: "Record that this computer's clock is right now and was wrong before",
		Long: `While this computer's clock is more than a minute behind the newest event, no code
is accepted: a clock set back would make used codes valid again. If the clock is
right and the newest event was written under a wrong one, record it here.`,
		Example: "  fob clock accept --approved-by \"Eva Brandt\" --reason \"time server was a year ahead\"",
		Args:    exactly(),
	}
	yes := addYes(cmd)
	cmd.RunE = r.run(func(ctx context.Context, _ []string) error { return r.acceptClock(ctx, &w, *yes) })
	w.add(cmd)
	w.addApprover(cmd)
	return cmd
}

func (r *root) acceptClock(ctx context.Context, w *wordFlags, yes bool) error {
	words, err := w.approved(r)
	if err != nil {
		return err
	}
	return r.withDesk(ctx, func(d *desk.Desk) error {
		if _, err := d.ClockToAccept(ctx); err != nil {
			return err
		}
		if err := r.confirm(ctx, yes, "Take "+r.now().UTC().Format(time.RFC3339)+" for the right time"); err != nil {
			return err
		}
		before, err := d.AcceptClock(ctx, words)
		if err != nil {
			return err
		}
		if r.json {
			return r.printJSON(clockJSON{before, r.now().UTC()})
		}
		r.say("The trail goes by this computer's clock again; the newest time it knew was %s.", before.Format(time.RFC3339))
		return nil
	})
}
