package admin

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

type versionJSON struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: term.Exactly(),
		RunE: r.Start(func(context.Context, []string) error {
			if r.JSON {
				return r.PrintJSON(versionJSON{term.Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
			}
			r.Say("fob %s (%s %s/%s)", term.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}),
	}
}
