package reports

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
)

func newReportActivityCmd(r *term.Run) *cobra.Command {
	var f report.ActivityFilter
	var when periodOptions
	var by string
	o := answerOptions{}
	cmd := &cobra.Command{
		Use:   "activity",
		Short: "Count who did what, and when",
		Long: `Count the events of the trail by operator and command, or by what --by names:
operator, day, command, in the order of the rows. Days are those of UTC. Beside the
events stands how many tokens they changed, each as often as it was.

Who did it is the login that the operating system named, and is as good as the
logins of that machine. Only what changes the store, or tried to with codes, is an
event: nobody sees here who looked. A whole batch is changed in slices of 5,000
tokens, each an event; an import is one event.

A pipe gets tab-separated rows: what --by names (the operator with the uid), done,
refused, tokens, first at, last at.`,
		Example: "  fob report activity --since 90d\n  fob report activity --by day,operator --operator anna --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.Activity], err error) {
			if f.Period, err = when.period(r.Now()); err != nil {
				return a, err
			}
			f.By, err = parseActivityKeys(by)
			return report.Activities(reader, f), err
		}),
	}
	cmd.Flags().StringVar(&by, "by", "operator,command", "what to count by: operator, day, command, separated by commas")
	cmd.Flags().StringVar(&f.Operator, "operator", "", "only events of this operator")
	when.add(cmd, "", "only events")
	o.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("by", term.Fixed(report.ActivityKeys()...)) // fails for a flag that is not there
	return cmd
}

func parseActivityKeys(text string) (keys []string, err error) {
	for key := range strings.SplitSeq(text, ",") {
		key = strings.ToLower(strings.TrimSpace(key))
		if !slices.Contains(report.ActivityKeys(), key) || slices.Contains(keys, key) {
			return nil, fault.Errorf(fault.Usage, "--by %q: it takes %s, each once, separated by commas", term.Clean(text), strings.Join(report.ActivityKeys(), ", "))
		}
		keys = append(keys, key)
	}
	return keys, nil
}
