package cli

import (
	"slices"

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
		Short: "Provision hardware OTP tokens and keep inventory of them",
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
	for _, g := range []struct {
		id, title string
		commands  [][]*cobra.Command
	}{
		{"desk", "Codes and bindings (support):", [][]*cobra.Command{codes.Commands(r)}},
		{"stock", "Deliveries, stock and people (operations):", [][]*cobra.Command{seeds.Commands(r), stock.Commands(r), people.Commands(r)}},
		{"audit", "Answers and proof (auditors):", [][]*cobra.Command{audit.Commands(r), reports.Commands(r)}},
		{"store", "Running the store:", [][]*cobra.Command{admin.Commands(r)}},
	} {
		cmd.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range slices.Concat(g.commands...) {
			c.GroupID = g.id
			cmd.AddCommand(c)
		}
	}

	cmd.SetCompletionCommandGroupID("store")
	cmd.AddCommand(admin.HelpTopics()...)
	cmd.SetHelpCommand(admin.NewHelpCommand(cmd))
	cmd.SetHelpCommandGroupID("store")
	complete(r, cmd)
	return cmd
}
