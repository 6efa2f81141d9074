package admin

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
)

func newMigrateCmd(r *term.Run) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:  "migrate --from DB --to DB",
		Args: term.Exactly(),
	}
	cmd.Flags().StringVar(&from, "from", "", "the store to copy (default: that of --db)")
	cmd.Flags().StringVar(&to, "to", "", "a file that does not exist, or an empty database (required)")
	cmd.RunE = r.Start(func(ctx context.Context, _ []string) error {
		if to == "" {
			return fault.Errorf(fault.Usage, "the target is missing").WithHint("name it with %s", fault.ToState)
		}
		c := r.Config()
		if from != "" {
			c.DB = from
		}
		m, err := c.Migrate(ctx, to)
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(m)
		}
		r.Say("Copied %s to %s: %s, verified on both sides with the same head.", m.From, m.To, term.Count(int(m.Events), "event"))
		r.Say("Use the copy from now on (FOB_DB=%s), with the same identity, and put the old store away.", m.To)
		return nil
	})
	return cmd
}
