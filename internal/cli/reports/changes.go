package reports

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
)

func newReportChangesCmd(r *term.Run) *cobra.Command {
	var filter term.FilterFlags
	var compare term.CompareOptions
	var o answerOptions
	var columns []string
	cmd := &cobra.Command{
		Use:   "changes DATE|FILE",
		Short: "List what changed since a day, or since an export",
		Long: `List what differs between the inventory and that of an earlier day, instant or file
that fob exported, a row for every column of every token that differs, in the order of
serials; with --as-of, of that day. A token counts when the flags select it now or
then. The last event that changed it is told where the trail says so.

A pipe gets tab-separated rows: serial, batch, change, column, before, after, event,
time, operator, command. ` + "`fob export --compare`" + ` writes the same beside the inventory.`,
		Example: "  fob report changes 2026-09-30\n  fob report changes q3.xlsx --state bound --column account\n  fob report changes 2026-06-30 --as-of 2026-09-30 --json",
		Args:    term.Exactly("the day or the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			if args[0] == "" {
				return fault.Errorf(fault.Usage, "the day or the file is empty").WithHint("is a shell variable not set?")
			}
			compare.With, compare.Called = args[0], "the day"
			return reportChanges(ctx, r, &filter, &compare, columns, &o)
		}),
	}
	filter.Add(cmd)
	compare.AddPassword(cmd)
	cmd.Flags().StringArrayVar(&columns, "column", nil, "only this column of the inventory, such as state; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("column", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return report.ColumnNames(), cobra.ShellCompDirectiveNoFileComp
	}) // only completion needs it
	o.add(cmd)
	return cmd
}

func reportChanges(ctx context.Context, r *term.Run, filter *term.FilterFlags, compare *term.CompareOptions, only []string, o *answerOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	for _, name := range only {
		if !slices.Contains(report.ColumnNames(), name) {
			return fault.Errorf(fault.Usage, "--column %q: the inventory has no such column; it has %s", term.Clean(name), strings.Join(report.ColumnNames(), ", "))
		}
	}
	e := report.Export{Made: r.Now(), Random: r.Config().Random}
	var err error
	if e.Filter, err = filter.Filter(e.Made); err != nil {
		return err
	}
	return r.WithCompared(ctx, compare, &e, func(reader report.Reader) error {
		a, sum, err := report.Changes(reader, e, only)
		if err != nil {
			return err
		}
		if err := printAnswer(ctx, r, reader, a, o); err != nil || r.JSON || o.xlsx != "" || o.limit > 0 || sum().Rows == 0 {
			return err
		}
		r.Remark("%s", sum())
		return nil
	})
}
