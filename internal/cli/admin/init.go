package admin

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
)

func newInitCmd(r *term.Run) *cobra.Command {
	var f app.Founding
	cmd := &cobra.Command{
		Use:  "init",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			res, err := r.Config().Init(ctx, f)
			if err != nil {
				return err
			}
			return printFounded(r, res)
		}),
	}
	cmd.Flags().StringArrayVar(&f.Recipients, "recipient", nil, "add a custodian: an age or SSH public `KEY` (repeatable)")
	cmd.Flags().BoolVar(&f.NoIdentity, "no-identity", false, "write no identity file; only the recipients open the seeds")
	term.AddYes(cmd)
	return cmd
}

func printFounded(r *term.Run, res app.Founded) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	all := []any{"store", res.DB, "store id", res.Store.String(), "identity", res.Identity, "checkpoint key", res.Checkpoint}
	for _, c := range res.Custodians {
		all = append(all, "custodian", c.Recipient)
	}
	r.Facts(append(all, "for the auditor", res.CheckpointPub)...)
	if res.Resumed {
		r.Remark("An init that was broken off before was finished; nothing was made twice.")
	}
	if len(res.Grants) > 0 {
		r.Remark("The server lacks roles for the desks and the auditor. Its administrator makes them in this database with:")
		for _, s := range res.Grants {
			r.Remark("  %s;", s)
		}
	}
	r.Remark("If every custodian's identity is lost, all seeds are lost, for ever: no code can be checked any more, and every token has to be")
	r.Remark("replaced or its seed asked of the supplier again. Keep a copy of the identity in a safe place, away from the database.")
	return nil
}
