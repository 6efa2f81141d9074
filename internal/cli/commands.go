package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"fob/internal/cli/admin"
	"fob/internal/cli/audit"
	"fob/internal/cli/codes"
	"fob/internal/cli/out"
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
accounts by the codes that the tokens display, and shows auditors what is where.
Begin with fob init, then fob import FILE: see fob help start.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.SetIn(r.Streams.In)
	cmd.SetOut(r.Streams.Out)
	cmd.SetErr(r.Streams.Err)
	cmd.SetFlagErrorFunc(flagError)
	addHelp(r, cmd)
	f := cmd.PersistentFlags()
	f.StringVar(&r.DB, "db", "", "the store: a `FILE` or postgres://HOST/DATABASE (default $FOB_DB)")
	f.StringVar(&r.Identity, "identity", "", "age identity `FILE` (default $FOB_IDENTITY, else in the XDG config folder)")
	f.BoolVar(&r.JSON, "json", false, "print JSON")
	f.DurationVar(&r.Wait, "wait", term.UsualWait, "`TIME` to wait for a turn to write; 0 waits for ever")
	f.BoolVarP(&r.Quiet, "quiet", "q", false, "print results and errors only")
	for _, g := range []struct {
		id, title string
		commands  [][]*cobra.Command
	}{
		{"desk", "Codes and bindings (support):", [][]*cobra.Command{codes.Commands(r)}},
		{"stock", "Deliveries, stock and people (operations):", [][]*cobra.Command{seeds.Commands(r), stock.Commands(r), out.Commands(r), people.Commands(r)}},
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
	cmd.AddCommand(admin.HelpTopics(r)...)
	cmd.AddCommand(out.HelpTopics(r)...)
	cmd.SetHelpCommand(admin.NewHelpCommand(r, cmd))
	cmd.SetHelpCommandGroupID("store")
	complete(r, cmd)
	for _, c := range cmd.Commands() {
		if c.HasSubCommands() {
			c.Args = onlyCommands
		}
	}
	cmd.Args = onlyCommands
	return cmd
}
