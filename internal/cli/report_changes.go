package cli

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/report"
)

func newReportChangesCmd(r *root) *cobra.Command {
	var filter filterFlags
	var compare compareOptions
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "changes DATE|FILE",
		Short: "List what changed since a day, or since an export",
		Long: `List what differs between the inventory and that of an earlier day, instant or file
that fob exported, a row for every column of every token that differs, in the order of
serials; with --as-of, of that day. A token counts when the flags select it now or
then. The last event that changed it is told where the trail says so.

A pipe gets tab-separated rows: serial, batch, change, column, before, after, event,
time, operator, command. ` + "`fob export --compare`" + ` writes the same beside the inventory.`,
		Example: "  fob report changes 2026-09-30\n  fob report changes q3.xlsx --state bound\n  fob report changes 2026-06-30 --as-of 2026-09-30 --json",
		Args:    exactly("the day or the file"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			compare.with = args[0]
			return r.reportChanges(ctx, &filter, &compare, &o)
		}),
	}
	filter.add(cmd)
	compare.addPassword(cmd)
	o.add(cmd)
	return cmd
}

func (r *root) reportChanges(ctx context.Context, filter *filterFlags, compare *compareOptions, o *answerOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	e := report.Export{Made: r.now()}
	var err error
	if e.Filter, err = filter.filter(e.Made); err != nil {
		return err
	}
	return r.withCompared(ctx, compare, &e, func(reader report.Reader) error {
		a, sum, err := report.Changes(reader, e)
		if err != nil {
			return err
		}
		if err := printAnswer(r, reader, a, o); err != nil || r.json || o.xlsx != "" || o.limit > 0 || sum().Rows == 0 {
			return err
		}
		r.remark("%s", sum())
		return nil
	})
}
