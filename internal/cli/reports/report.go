package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/token"
)

// newReportCmd holds the commands that answer a question about many tokens at
// once. They read only, and need no identity.
func newReportCmd(r *term.Run) *cobra.Command {
	return term.Parent("report", newDriftCmd(r), newExpiringCmd(r), newExceptionsCmd(r), newLockoutsCmd(r), newLeaversCmd(r), newBatchesCmd(r),
		newUnverifiedCmd(r), newLossesCmd(r), newActivityCmd(r), newOverridesCmd(r), newOpenCmd(r), newChangesCmd(r))
}

func newExpiringCmd(r *term.Run) *cobra.Command {
	var f report.ExpiryFilter
	var within string
	o := asking{scope: &f.Scope}
	cmd := newTableCmd(r, "expiring", &o, func(reader report.Reader) (a report.Answer[report.Expiring], err error) {
		if f.Within, err = term.ParseDays(within); err != nil {
			return a, err
		}
		f.Now = r.Now()
		return report.ExpiringTokens(reader, f), nil
	})
	cmd.Flags().StringVar(&within, "within", "90d", "`TIME` to look ahead, as 30d")
	return cmd
}

func newExceptionsCmd(r *term.Run) *cobra.Command {
	var f report.ExceptionFilter
	var scope report.Scope
	var period report.Period
	var kinds []report.ExceptionKind
	for _, m := range report.ExceptionKinds() {
		kinds = append(kinds, m.Kind)
	}
	o := asking{scope: &scope, period: &period, when: "only events"}
	cmd := newTableCmd(r, "exceptions", &o, func(reader report.Reader) (a report.Answer[report.Exception], err error) {
		f.Now = r.Now()
		f.Kinds, err = parseWords("--kind", o.kinds, kinds)
		return report.ExceptionList(reader, f, scope, period), err
	})
	addKinds(cmd, &o, kinds)
	return cmd
}

func newLockoutsCmd(r *term.Run) *cobra.Command {
	var f report.LockoutFilter
	o := asking{scope: &f.Scope, period: &f.Period, since: "30d", when: "locks"}
	return newTableCmd(r, "lockouts", &o, func(reader report.Reader) (report.Answer[report.Lockout], error) {
		f.Now = r.Now()
		return report.Lockouts(reader, f), nil
	})
}

func newLeaversCmd(r *term.Run) *cobra.Command {
	var unknown bool
	var scope report.Scope
	cmd := newTableCmd(r, "leavers", &asking{scope: &scope}, func(reader report.Reader) (a report.Answer[report.Leaver], err error) {
		list, err := reader.NewestList()
		if err != nil {
			return a, err
		}
		return report.LeaverList(reader, list, scope, unknown), nil
	})
	cmd.Flags().BoolVar(&unknown, "unknown", false, "also tokens of accounts that were never on a list")
	return cmd
}

func newBatchesCmd(r *term.Run) *cobra.Command {
	var f report.ReconcileFilter
	cmd := newTableCmd(r, "batches", &asking{batch: &f.Batch}, func(reader report.Reader) (report.Answer[report.Reconciliation], error) {
		return report.Reconcile(reader, f), nil
	})
	cmd.Flags().IntVarP(&f.Batch, "batch", "b", 0, "only batch `N`")
	cmd.Flags().BoolVar(&f.Different, "different", false, "only batches with a difference")
	return cmd
}

func newUnverifiedCmd(r *term.Run) *cobra.Command {
	var f report.UnverifiedFilter
	cmd := newTableCmd(r, "unverified", &asking{scope: &f.Scope}, func(reader report.Reader) (a report.Answer[report.Unverified], err error) {
		if f.Days < 0 {
			return a, fault.Errorf(fault.Usage, "--days %d: a number of days is 0 or more", f.Days)
		}
		f.Now = r.Now()
		return report.UnverifiedTokens(reader, f), nil
	})
	cmd.Flags().IntVar(&f.Days, "days", 90, "without an accepted code for `N` days or more")
	return cmd
}

func newLossesCmd(r *term.Run) *cobra.Command {
	var f report.LossFilter
	var over string
	o := asking{scope: &f.Scope, period: &f.Period, when: "only those entered", newest: true}
	cmd := newTableCmd(r, "losses", &o, func(reader report.Reader) (a report.Answer[report.Loss], err error) {
		if f.Over, err = term.ParseDays(over); err != nil {
			return a, err
		}
		return report.Losses(reader, f), nil
	})
	cmd.Flags().StringVar(&over, "over", "0h", "only those entered more than this `TIME` after their report, as 24h")
	return cmd
}

func newActivityCmd(r *term.Run) *cobra.Command {
	var f report.ActivityFilter
	var by string
	o := asking{period: &f.Period, when: "only events"}
	cmd := newTableCmd(r, "activity", &o, func(reader report.Reader) (a report.Answer[report.Activity], err error) {
		f.By, err = parseWords("--by", by, report.ActivityKeys())
		return report.Activities(reader, f), err
	})
	cmd.Flags().StringVar(&by, "by", "operator,command", "what to count `BY`: operator, day, command")
	cmd.Flags().StringVar(&f.Operator, "operator", "", "only events of the operator `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("by", term.Fixed(report.ActivityKeys()...)) // fails for a flag that is not there
	return cmd
}

func newOverridesCmd(r *term.Run) *cobra.Command {
	var f report.OverrideFilter
	var kinds []report.OverrideKind
	for _, m := range report.OverrideMeanings() {
		kinds = append(kinds, m.Kind)
	}
	o := asking{period: &f.Period, when: "only events", newest: true}
	cmd := newTableCmd(r, "overrides", &o, func(reader report.Reader) (a report.Answer[report.OverrideEvent], err error) {
		f.Kinds, err = parseWords("--kind", o.kinds, kinds)
		return report.Overrides(reader, f), err
	})
	addKinds(cmd, &o, kinds)
	return cmd
}

func newOpenCmd(r *term.Run) *cobra.Command {
	var verifier string
	cmd := newTableCmd(r, "open", &asking{}, func(reader report.Reader) (report.Answer[report.OpenTask], error) {
		return report.OpenTasks(reader, strings.ToLower(verifier), r.Now()), nil
	})
	cmd.Flags().StringVar(&verifier, "verifier", "", "only what the verifier `NAME` still has")
	return cmd
}

func newChangesCmd(r *term.Run) *cobra.Command {
	var filter term.FilterFlags
	var compare term.CompareOptions
	var o asking
	var only []string
	cmd := &cobra.Command{Use: "changes DATE|FILE", Args: term.Exactly("the day or the file")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		if args[0] == "" {
			return fault.Errorf(fault.Usage, "the day or the file is empty").WithHint("is a shell variable not set?")
		}
		compare.With, compare.Called = args[0], "the day"
		if err := o.check(r.Now()); err != nil {
			return err
		}
		for _, name := range only {
			if !slices.Contains(export.ColumnNames(), name) {
				return fault.Errorf(fault.Usage, "--column %q: the inventory has no such column; it has %s", term.Clean(name), strings.Join(export.ColumnNames(), ", "))
			}
		}
		e := export.Export{Origin: report.Origin{Made: r.Now(), Random: r.Config().Random}}
		var err error
		if e.Filter, err = filter.Filter(e.Made); err != nil {
			return err
		}
		return r.WithCompared(ctx, r.WithReports, &compare, &e, func(reader report.Reader) error {
			a, sum, err := export.Changes(reader, e, only)
			if err != nil {
				return err
			}
			if err := printAnswer(ctx, r, reader, a, &o); err != nil || r.JSON || o.xlsx != "" || o.limit > 0 || sum().Rows == 0 {
				return err
			}
			r.Remark("%s", sum())
			return nil
		})
	})
	filter.Add(cmd)
	compare.AddPassword(cmd)
	cmd.Flags().StringArrayVar(&only, "column", nil, "only this `COLUMN` of the inventory, as state (repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("column", term.Fixed(export.ColumnNames()...)) // only completion needs it
	o.add(cmd)
	return cmd
}

// addKinds adds the flag that narrows a report to some kinds.
func addKinds[K ~string](cmd *cobra.Command, o *asking, known []K) {
	cmd.Flags().StringVar(&o.kinds, "kind", "", "only these `KINDS`, separated by commas")
	_ = cmd.RegisterFlagCompletionFunc("kind", term.Fixed(token.Texts(known)...)) // fails for a flag that is not there
}

// parseWords reads words of a list that is known, each once; an empty text has none.
func parseWords[K ~string](flag, text string, known []K) (found []K, err error) {
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		k := K(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "_"))
		if !slices.Contains(known, k) || slices.Contains(found, k) {
			return nil, fault.Errorf(fault.Usage, "%s %q: it takes %s, each once, separated by commas", flag, term.Clean(text), token.Join(known, ", "))
		}
		found = append(found, k)
	}
	return found, nil
}

// kindsHelp puts the kinds that reports know into their help.
func kindsHelp() string {
	var exceptions, overrides strings.Builder
	for _, m := range report.ExceptionKinds() {
		exceptions.WriteString(explained(string(m.Kind), m.Meaning))
	}
	for _, m := range report.OverrideMeanings() {
		overrides.WriteString(explained(string(m.Kind), m.Meaning.In(term.Wording{})))
	}
	return strings.NewReplacer("{exceptions}\n", exceptions.String(), "{overrides}\n", overrides.String()).Replace(help)
}

// explained is a name with its meaning, as help lists several.
func explained(name, meaning string) string {
	return term.Fold(fmt.Sprintf("  %-20s", name), meaning, strings.Repeat(" ", 22), 80)
}
