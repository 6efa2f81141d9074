package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportLockoutsCmd(r *term.Run) *cobra.Command {
	var f report.LockoutFilter
	var when periodOptions
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "lockouts",
		Short: "List tokens that failed attempts locked, and who unlocked them",
		Long: `List the tokens that are locked now, then those that were locked in the last 30
days: how many wrong codes in a row it took, who tried and how often (attempts
that were refused while it was locked are counted too), until when it was locked,
and how that ended: unlocked (by whom, with whose approval), accepted (a right
code), time, retired, or gone (withdrawn, or exchanged by an import).

fob counts the codes that it checks itself; what verifiers count at their logins,
it does not see. An approver is a name that the operator typed.

A pipe gets tab-separated rows: serial, locked now, failures, account, tried by,
first failed at, last failed at, locked at, until, ended, ended at, unlocked by,
approver, reason, state, batch, model, location.`,
		Example: "  fob report lockouts\n  fob report lockouts --since 2026-07-01 --until 2026-09-30 --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Lockout], err error) {
			if f.Period, err = when.period(r.Now()); err != nil {
				return a, err
			}
			f.Now = r.Now()
			return report.Lockouts(reader, f), term.CheckBatch(reader, f.Batch)
		}),
	}
	when.add(cmd, "30d", "beside those that are locked now, those locked")
	addScope(cmd, &f.Scope)
	o.add(cmd)
	return cmd
}
