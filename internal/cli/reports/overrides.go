package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
)

func newReportOverridesCmd(r *term.Run) *cobra.Command {
	var f report.OverrideFilter
	var when periodOptions
	var kinds string
	o := answerOptions{last: true}
	cmd := &cobra.Command{
		Use:   "overrides",
		Short: "List what took a second person or weakened a check",
		Long: `List the events that took a second person or weakened a check, in the order of the
trail; the slices in which a batch was changed are one row. --kind takes:

` + overrideKinds() + `
An approver is a name that the operator typed; nobody verified it. A file that was
refused as a whole stored nothing and left no event.

A pipe gets tab-separated rows: event, time, operator, command, object, kinds,
outcome, approver, reason, ticket, account, tokens, what more is known.`,
		Example: "  fob report overrides --since 2026-07-01 --until 2026-09-30\n  fob report overrides --kind unlock,deep_search --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (a report.Answer[report.OverrideEvent], err error) {
			if f.Period, err = when.period(r.Now()); err != nil {
				return a, err
			}
			f.Kinds, err = parseKinds(kinds, overrideNames())
			return report.Overrides(reader, f), err
		}),
	}
	cmd.Flags().StringVar(&kinds, "kind", "", "only these kinds, separated by commas")
	when.add(cmd, "", "only events")
	o.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("kind", term.Fixed(strings.Split(kindList(overrideNames()), ", ")...)) // fails for a flag that is not there
	return cmd
}

func overrideKinds() string {
	var b strings.Builder
	for _, m := range report.OverrideMeanings() {
		b.WriteString(explained(string(m.Kind), m.Meaning))
	}
	return b.String()
}

// explained is a name with its meaning, as help lists several.
func explained(name, meaning string) string {
	const indent, width = 23, 80
	line := fmt.Sprintf("  %-*s", indent-3, name)
	var b strings.Builder
	for word := range strings.FieldsSeq(meaning) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent-1)
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

func overrideNames() (all []report.OverrideKind) {
	for _, m := range report.OverrideMeanings() {
		all = append(all, m.Kind)
	}
	return all
}

// parseKinds reads the names of kinds; empty are none, which means all.
func parseKinds[K ~string](text string, known []K) (kinds []K, err error) {
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		k := K(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "_"))
		if !slices.Contains(known, k) {
			return nil, fault.Errorf(fault.Usage, "there is no kind %q", term.Clean(name)).WithHint("the kinds are %s", kindList(known))
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func kindList[K ~string](known []K) string {
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}
