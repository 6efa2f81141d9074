package admin

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

func newVersionCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: term.Exactly(),
		RunE: r.Start(func(context.Context, []string) error { return r.PrintVersion() }),
	}
}
