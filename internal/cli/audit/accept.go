package audit

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

func newAuditAcceptCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "accept", Args: term.Exactly()}
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, _ []string) error { return accept(ctx, r, &w, *yes) })
	w.Add(cmd)
	term.NeedsApprover(cmd)
	return cmd
}

func accept(ctx context.Context, r *term.Run, w *term.SaidFlags, yes bool) error {
	words, err := w.Words(r)
	if err != nil {
		return err
	}
	c := r.Config()
	if err := c.TrailToAccept(ctx, words); err != nil {
		return err
	}
	if err := r.Confirm(ctx, yes, "Take the trail of "+c.DB+" as it is, though it does not continue what was seen here"); err != nil {
		return err
	}
	a, err := c.AcceptTrail(ctx, words)
	if err != nil {
		return err
	}
	if r.JSON {
		return r.PrintJSON(a)
	}
	r.Say("The trail counts from its event %d on; event %d was seen here before.", a.Found.Seq, a.Seen.Seq)
	return nil
}
