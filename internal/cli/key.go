package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func newKeyCmd(r *root) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "See who can open the seeds",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "list",
		Short:   "List the custodians and the key that verifies checkpoints",
		Long:    "List the age recipients to which the store's keys are encrypted, and the public\nhalf of the checkpoint key for the auditor. No identity is needed.",
		Example: "  fob key list",
		Args:    exactly(),
		RunE:    r.run(func(ctx context.Context, _ []string) error { return r.keyList(ctx) }),
	})
	return cmd
}

func (r *root) keyList(ctx context.Context) error {
	custodians, pub, err := r.config().Keys(ctx)
	if err != nil {
		return err
	}
	if r.json {
		return r.printJSON(keysJSON{custodians, pub})
	}
	t := r.newTable("KIND", "ADDED", "PUBLIC KEY").whole("PUBLIC KEY")
	for _, c := range custodians {
		if err := t.add(c.Kind, c.Added, c.Recipient); err != nil {
			return err
		}
	}
	if err := t.add("checkpoint", "", pub); err != nil {
		return err
	}
	return t.flush()
}
