package cli

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/report"
)

func newReportLeaversCmd(r *root) *cobra.Command {
	f := report.LeaverFilter{}
	cmd := &cobra.Command{
		Use:   "leavers",
		Short: "Show tokens that are still with accounts which left",
		Long: `Show every token that is assigned, bound or suspended and whose account left: it
was on a list of people and is not on the newest one. --unknown adds those of
accounts that no list ever had: mistyped ones, and people whom the list leaves out.

` + "`fob reconcile`" + ` takes a newer list in and suspends these tokens. A pipe gets
tab-separated rows: account, full name, left or unknown, since when, serial, state,
bound when.`,
		Example: "  fob report leavers\n  fob report leavers --unknown --json",
		Args:    exactly(),
		RunE: r.run(func(ctx context.Context, _ []string) error {
			return r.withReports(ctx, func(reader report.Reader) error { return r.reportLeavers(reader, f) })
		}),
	}
	cmd.Flags().BoolVar(&f.Unknown, "unknown", false, "also tokens of accounts that were never on a list")
	return cmd
}

func (r *root) reportLeavers(reader report.Reader, f report.LeaverFilter) error {
	list, err := reader.NewestList()
	if err != nil {
		return err
	}
	if list == nil {
		r.remark("no list of people was imported yet: `fob account import FILE`")
	}
	all := []report.Leaver{}
	t := r.newTable("ACCOUNT", "NAME", "WHY", "LEFT", "SERIAL", "STATE", "BOUND").spares("NAME", "BOUND", "LEFT")
	for l, err := range reader.Leavers(f) {
		if err != nil {
			return err
		}
		if r.json {
			all = append(all, l)
			continue
		}
		if err := t.add(l.Account, l.FullName, l.Why, l.LeftAt, string(l.Serial), string(l.State), l.BoundAt); err != nil {
			return err
		}
	}
	if r.json {
		return r.printJSON(all)
	}
	return t.flush()
}
