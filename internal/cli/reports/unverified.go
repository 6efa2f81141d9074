package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
)

func newReportUnverifiedCmd(r *term.Run) *cobra.Command {
	var f report.UnverifiedFilter
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "unverified",
		Short: "List tokens that somebody has and no code has proven for long",
		Long: `List the tokens that somebody has (assigned, bound or suspended) and of which fob
accepted no code for 90 days or more. Of a token that was sent out and never
proven, the days count since it was sent out.

fob sees no logins: a token on this list may be in daily use. What counts is the
last code that fob itself accepted, by bind or resync. A check, and a code that
was read off without its time (a bulk file without read_at), leave no time
behind.

A pipe gets tab-separated rows: serial, state, account, days, verified at, bound
at, in its state since, batch, model, location.`,
		Example: "  fob report unverified\n  fob report unverified --days 365 --location Bern --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Unverified], err error) {
			if f.Days < 0 {
				return a, fault.Errorf(fault.Usage, "--days %d: a number of days is 0 or more", f.Days)
			}
			f.Now = r.Now()
			return report.UnverifiedTokens(reader, f), term.CheckBatch(reader, f.Batch)
		}),
	}
	cmd.Flags().IntVar(&f.Days, "days", 90, "without an accepted code for this many days or more")
	addScope(cmd, &f.Scope)
	o.add(cmd)
	return cmd
}
