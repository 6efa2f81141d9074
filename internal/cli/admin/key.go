package admin

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
)

type keysJSON struct {
	Custodians    []app.Custodian `json:"custodians"`
	CheckpointPub string          `json:"checkpoint_pub"`
}

func newKeyCmd(r *term.Run) *cobra.Command {
	return term.Parent("key", &cobra.Command{
		Use:  "list",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return keyList(ctx, r) }),
	})
}

func keyList(ctx context.Context, r *term.Run) error {
	custodians, pub, err := r.Config().Keys(ctx)
	if err != nil {
		return err
	}
	if r.JSON {
		return r.PrintJSON(keysJSON{custodians, pub})
	}
	t := r.NewTable("KIND", "ADDED", "PUBLIC KEY").Whole("PUBLIC KEY")
	for _, c := range custodians {
		if err := t.Add(c.Kind, c.Added, c.Recipient); err != nil {
			return err
		}
	}
	if err := t.Add("checkpoint", "", pub); err != nil {
		return err
	}
	return t.Flush()
}
