package cli

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/app"
)

func newInitCmd(r *root) *cobra.Command {
	var f app.Founding
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a new store with its keys",
		Long: `Make an empty store, the age identity that opens its seeds, and the key that
signs checkpoints of its trail. Both keys are written outside the database's
folder, readable by you alone, and nothing that exists is overwritten.

Whoever has the identity and the database has the seeds; whoever loses the
identity has lost them. Add a second custodian with --recipient, and keep a copy
of the identity in a safe.`,
		Example: `  fob init
  fob init --recipient age1... --recipient "ssh-ed25519 AAAA..."
  fob init --no-identity --recipient age1yubikey1...`,
		Args: exactly(),
		RunE: r.run(func(ctx context.Context, _ []string) error {
			res, err := r.config().Init(ctx, f)
			if err != nil {
				return err
			}
			return r.printFounded(res)
		}),
	}
	cmd.Flags().StringArrayVar(&f.Recipients, "recipient", nil, "one more custodian: an age or SSH public key (repeatable)")
	cmd.Flags().BoolVar(&f.NoIdentity, "no-identity", false, "make no identity file: the recipients alone open the seeds")
	addYes(cmd)
	return cmd
}

// addYes accepts --yes on commands that change something; those that never ask
// have nothing to answer.
func addYes(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("yes", false, "answer yes to what the command would ask (never to a secret)")
}

func (r *root) printFounded(res app.Founded) error {
	if r.json {
		return r.printJSON(res)
	}
	all := []any{"store", res.DB, "store id", res.Store.String(), "identity", res.Identity, "checkpoint key", res.Checkpoint}
	for _, c := range res.Custodians {
		all = append(all, "custodian", c.Recipient)
	}
	r.facts(append(all, "for the auditor", res.CheckpointPub)...)
	if res.Identity != nil {
		r.remark("Keep a copy of the identity in a safe place: without it the seeds are lost.")
	}
	return nil
}
