package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportLeaversCmd(r *term.Run) *cobra.Command {
	var unknown bool
	var scope report.Scope
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "leavers",
		Short: "List tokens that are still with accounts which left",
		Long: `List every token that is assigned, bound or suspended and whose account left: it
was on a list of people and is not on the newest one. --unknown adds those of
accounts that no list ever had: mistyped ones, and people whom the list leaves out.

` + "`fob reconcile`" + ` takes a newer list in and suspends these tokens. A pipe gets
tab-separated rows: account, full name, left or unknown, when a list first showed
it, serial, state, since when, bound when.`,
		Example: "  fob report leavers\n  fob report leavers --unknown --xlsx leavers.xlsx",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Leaver], err error) {
			list, err := reader.NewestList()
			if err != nil {
				return a, err
			}
			return report.LeaverList(reader, list, scope, unknown), term.CheckBatch(reader, scope.Batch)
		}),
	}
	cmd.Flags().BoolVar(&unknown, "unknown", false, "also tokens of accounts that were never on a list")
	addScope(cmd, &scope)
	o.add(cmd)
	return cmd
}
