package reports

import (
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportExceptionsCmd(r *term.Run) *cobra.Command {
	var f report.ExceptionFilter
	var scope report.Scope
	var when periodOptions
	var kinds string
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "exceptions",
		Short: "List what an auditor will ask about",
		Long: `List what is wrong, or at least to be explained: of tokens kind by kind in the
order of serials, then of the trail in its order. --kind takes:

` + exceptionKinds() + `
--batch, --model and --location narrow what is said of tokens, --since and --until
what is said of events. Who has left is what the newest list of people says.

A pipe gets tab-separated rows: kind, object, state, account, since when or when,
hours, event, operator, approver, reason, in words.`,
		Example: "  fob report exceptions\n  fob report exceptions --kind lost_late,override --since 2026-07-01 --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Exception], err error) {
			period, err := when.period(r.Now())
			if err != nil {
				return a, err
			}
			if f.Kinds, err = parseKinds(kinds, exceptionNames()); err != nil {
				return a, err
			}
			f.Now = r.Now()
			return report.ExceptionList(reader, f, scope, period), term.CheckBatch(reader, scope.Batch)
		}),
	}
	cmd.Flags().StringVar(&kinds, "kind", "", "only these kinds, separated by commas")
	when.add(cmd, "", "only events")
	addScope(cmd, &scope)
	o.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("kind", term.Fixed(strings.Split(kindList(exceptionNames()), ", ")...)) // fails for a flag that is not there
	return cmd
}

func exceptionKinds() string {
	var b strings.Builder
	for _, m := range report.ExceptionKinds() {
		b.WriteString(explained(string(m.Kind), m.Meaning))
	}
	return b.String()
}

func exceptionNames() (all []report.ExceptionKind) {
	for _, m := range report.ExceptionKinds() {
		all = append(all, m.Kind)
	}
	return all
}
