package admin

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
)

func newClockCmd(r *term.Run) *cobra.Command {
	return term.Parent("clock", newClockAcceptCmd(r))
}

func newClockAcceptCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{
		Use:  "accept",
		Args: term.Exactly(),
	}
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, _ []string) error { return acceptClock(ctx, r, &w, *yes) })
	w.AddOfTokens(cmd)
	term.NeedsApprover(cmd)
	return cmd
}

func acceptClock(ctx context.Context, r *term.Run, w *term.SaidFlags, yes bool) error {
	words, err := w.Words(r)
	if err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		if _, err := d.ClockToAccept(ctx); err != nil {
			return err
		}
		if err := r.Confirm(ctx, yes, "Take "+r.Now().UTC().Format(time.RFC3339)+" for the right time"); err != nil {
			return err
		}
		before, err := d.AcceptClock(ctx, words)
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(clockJSON{before, r.Now().UTC()})
		}
		r.Say("The trail goes by this computer's clock again; the newest time it knew was %s.", before.Format(time.RFC3339))
		return nil
	})
}

type clockJSON struct {
	Before time.Time `json:"before"`
	Now    time.Time `json:"now"`
}
