package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
)

// newReportCmd is the group of the commands that answer a question about many
// tokens at once. They read only, and need no identity.
func newReportCmd(r *term.Run) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Answer questions about many tokens at once",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newReportDriftCmd(r), newReportExpiringCmd(r), newReportExceptionsCmd(r), newReportLockoutsCmd(r), newReportLeaversCmd(r), newReportBatchesCmd(r),
		newReportUnverifiedCmd(r), newReportLossesCmd(r), newReportActivityCmd(r), newReportOverridesCmd(r), newReportChangesCmd(r))
	return cmd
}
