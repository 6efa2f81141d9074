package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportLossesCmd(r *term.Run) *cobra.Command {
	var f report.LossFilter
	var when periodOptions
	var over string
	o := answerOptions{last: true}
	cmd := &cobra.Command{
		Use:   "losses",
		Short: "List lost and stolen tokens, and how long their entry took",
		Long: `List every time that a token was lost or stolen, in the order in which that was
entered, with the hours from the report (--reported-at; without it, the entry
itself) to the entry, which ended the token in fob; whether it was found again or
retired; and which token the account was bound to next.

When the verifiers that hold its seed stopped to accept it, fob does not know yet:
that comes with provisioning. An account that was erased names no replacement.

A pipe gets tab-separated rows: serial, stolen, account, state before, reported
at, entered at, hours, entered by, found at, retired at, replaced by, replaced at,
state now, batch, model, location.`,
		Example: "  fob report losses --since 2026-07-01 --until 2026-09-30\n  fob report losses --over 24h",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Loss], err error) {
			if f.Period, err = when.period(r.Now()); err != nil {
				return a, err
			}
			if f.Over, err = term.ParseDays(over); err != nil {
				return a, err
			}
			return report.Losses(reader, f), term.CheckBatch(reader, f.Batch)
		}),
	}
	cmd.Flags().StringVar(&over, "over", "0h", "only those entered more than this after their report, such as 24h")
	when.add(cmd, "", "only those entered")
	addScope(cmd, &f.Scope)
	o.add(cmd)
	return cmd
}
