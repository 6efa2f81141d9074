package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportExpiringCmd(r *term.Run) *cobra.Command {
	var f report.ExpiryFilter
	var within string
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "expiring",
		Short: "List tokens that have expired or soon will",
		Long: `List the tokens that have expired, or will within 90 days: first those that have
expired while somebody still has them, then all others but the retired, both in
the order of serials.

A token has an expiry only where its seed file, or who imported it, named one;
batteries know of no date. fob binds no expired token, but a verifier that
received its seed goes on accepting it until it is told.

A pipe gets tab-separated rows: serial, days left, not after, state, account,
batch, manufacturer, model, location.`,
		Example: "  fob report expiring\n  fob report expiring --within 365d --batch 3\n  fob report expiring --xlsx expiring.xlsx",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Expiring], err error) {
			if f.Within, err = term.ParseDays(within); err != nil {
				return a, err
			}
			f.Now = r.Now()
			return report.ExpiringTokens(reader, f), term.CheckBatch(reader, f.Batch)
		}),
	}
	cmd.Flags().StringVar(&within, "within", "90d", "how long ahead to look")
	addScope(cmd, &f.Scope)
	o.add(cmd)
	return cmd
}
