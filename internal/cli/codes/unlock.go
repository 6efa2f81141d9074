package codes

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

func newUnlockCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{
		Use:  "unlock SERIAL",
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			words, err := w.Words(r)
			if err != nil {
				return err
			}
			serial, err := token.TypedSerial(args[0])
			if err != nil {
				return err
			}
			return r.WithDesk(ctx, func(d *desk.Desk) error {
				t, err := d.Unlock(ctx, serial, words)
				if err != nil {
					return err
				}
				return r.PrintToken(ctx, t, func() string {
					return fmt.Sprintf("Token %s is unlocked; its failed attempts are forgotten.", t.Serial)
				})
			})
		}),
	}
	w.Add(cmd)
	term.NeedsApprover(cmd)
	term.AddYes(cmd)
	return cmd
}
