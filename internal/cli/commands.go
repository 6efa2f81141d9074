package cli

import (
	"maps"

	"github.com/spf13/cobra"
)

func (r *root) command() *cobra.Command {
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
	cmd.SetIn(r.streams.In)
	cmd.SetOut(r.streams.Out)
	cmd.SetErr(r.streams.Err)
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(c.CommandPath(), flagError(err)) })
	f := cmd.PersistentFlags()
	f.StringVar(&r.db, "db", "", "the store's database (default $FOB_DB, else the XDG data folder)")
	f.StringVar(&r.identity, "identity", "", "age identity file that opens the seeds (default $FOB_IDENTITY, else the XDG config folder)")
	f.BoolVar(&r.json, "json", false, "print JSON")
	f.BoolVar(&r.quiet, "quiet", false, "print results and errors only")
	for _, all := range [][]*cobra.Command{
		seedsCommands(r), codesCommands(r), stockCommands(r), peopleCommands(r), reportsCommands(r), auditCommands(r), adminCommands(r),
	} {
		cmd.AddCommand(all...)
	}
	cmd.AddCommand(helpTopics()...)
	cmd.SetHelpCommand(newHelpCmd(cmd))
	r.completions(cmd)
	declare(cmd, promises())
	return cmd
}

// promises are those of every command that does something.
func promises() map[string]promised {
	all := map[string]promised{}
	for _, some := range []map[string]promised{
		seedsPromises, codesPromises, stockPromises, peoplePromises, reportsPromises, auditPromises, adminPromises,
	} {
		maps.Copy(all, some)
	}
	return all
}
