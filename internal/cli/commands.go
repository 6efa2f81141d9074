package cli

import (
	"maps"

	"github.com/spf13/cobra"

	"fob/internal/cli/admin"
	"fob/internal/cli/audit"
	"fob/internal/cli/codes"
	"fob/internal/cli/people"
	"fob/internal/cli/reports"
	"fob/internal/cli/seeds"
	"fob/internal/cli/stock"
	"fob/internal/cli/term"
)

func command(r *term.Run) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fob",
		Short: "Provision and keep inventory of hardware one-time-password tokens",
		Long: `fob loads the seed files that come with hardware tokens, binds serials to
accounts by the codes that the tokens display, and shows auditors what is where.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetIn(r.Streams.In)
	cmd.SetOut(r.Streams.Out)
	cmd.SetErr(r.Streams.Err)
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return term.UsageError(c.CommandPath(), flagError(err)) })
	f := cmd.PersistentFlags()
	f.StringVar(&r.DB, "db", "", "the store's database (default $FOB_DB, else the XDG data folder)")
	f.StringVar(&r.Identity, "identity", "", "age identity file that opens the seeds (default $FOB_IDENTITY, else the XDG config folder)")
	f.BoolVar(&r.JSON, "json", false, "print JSON")
	f.BoolVar(&r.Quiet, "quiet", false, "print results and errors only")
	for _, all := range [][]*cobra.Command{
		seeds.Commands(r), codes.Commands(r), stock.Commands(r), people.Commands(r), reports.Commands(r), audit.Commands(r), admin.Commands(r),
	} {
		cmd.AddCommand(all...)
	}
	cmd.AddCommand(admin.HelpTopics()...)
	cmd.SetHelpCommand(admin.NewHelpCommand(cmd))
	completions(r, cmd)
	term.Declare(cmd, promises())
	return cmd
}

// promises are those of every command that does something.
func promises() map[string]term.Promised {
	all := map[string]term.Promised{}
	for _, some := range []map[string]term.Promised{
		seeds.Promises, codes.Promises, stock.Promises, people.Promises, reports.Promises, audit.Promises, admin.Promises,
	} {
		maps.Copy(all, some)
	}
	return all
}
