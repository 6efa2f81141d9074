package reports

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/report/sheet"
)

// asking are the flags of a report: what it is narrowed to, and where its rows go.
type asking struct {
	scope  *report.Scope // nil: it is not narrowed to some tokens
	batch  *int          // that of the scope, or of a report that knows batches alone
	period *report.Period
	since  string // its beginning if nothing else is said
	when   string // what the period is of, for help
	newest bool   // the rows stand in the order of time: a limit takes the newest

	until, kinds, xlsx string
	yes                bool
	limit              int
	named              func() bool // a workbook was, though its name may be empty
}

// addBook adds the flags of every report that a workbook can hold.
func (o *asking) addBook(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.xlsx, "xlsx", "", "write the rows to this workbook `FILE` instead")
	f.BoolVarP(&o.yes, "yes", "y", false, "replace the workbook and its signature without asking")
	_ = cmd.MarkFlagFilename("xlsx", "xlsx") // only completion needs it
	o.named = func() bool { return f.Changed("xlsx") }
}

// add adds all flags.
func (o *asking) add(cmd *cobra.Command) {
	f := cmd.Flags()
	o.addBook(cmd)
	usage := "at most `N` rows (default: all)"
	if o.newest {
		usage = "only the newest `N` rows (default: all)"
	}
	f.IntVarP(&o.limit, "limit", "n", 0, usage)
	if o.scope != nil {
		o.batch = &o.scope.Batch
		f.IntVarP(&o.scope.Batch, "batch", "b", 0, "only tokens of batch `N`")
		f.StringVar(&o.scope.Model, "model", "", "only tokens of the model `NAME`")
		f.StringVarP(&o.scope.Location, "location", "l", "", "only tokens at `PLACE` or within it")
	}
	if o.period != nil {
		term.AddPeriod(cmd, &o.since, &o.until, o.when)
	}
}

// check refuses flags that make no sense, before the store is opened.
func (o *asking) check(now time.Time) (err error) {
	if o.limit < 0 {
		return fault.Errorf(fault.Usage, "--limit %d: a limit is 1 or more, 0 for none", o.limit)
	}
	if o.named() && !strings.EqualFold(filepath.Ext(o.xlsx), ".xlsx") {
		return fault.Errorf(fault.Usage, "--xlsx %q: the name of a workbook ends in .xlsx", term.Clean(o.xlsx))
	}
	if o.period == nil {
		return nil
	}
	*o.period, err = term.ParsePeriod(o.since, o.until, now)
	return err
}

// newTableCmd is a report that is one table: ask answers it.
func newTableCmd[R any](r *term.Run, name string, o *asking, ask func(report.Reader) (report.Answer[R], error)) *cobra.Command {
	cmd := &cobra.Command{Use: name, Args: term.Exactly()}
	cmd.RunE = r.Start(func(ctx context.Context, _ []string) error {
		if err := o.check(r.Now()); err != nil {
			return err
		}
		return r.WithReports(ctx, func(reader report.Reader) error {
			a, err := ask(reader)
			if err != nil {
				return err
			}
			if o.batch != nil {
				if err := term.CheckBatch(reader, *o.batch); err != nil {
					return err
				}
			}
			return printAnswer(ctx, r, reader, a, o)
		})
	})
	o.add(cmd)
	return cmd
}

// printAnswer prints the rows, or writes them to a workbook.
func printAnswer[R any](ctx context.Context, r *term.Run, reader report.Reader, a report.Answer[R], o *asking) (err error) {
	n, more := 0, false
	rows := report.FirstOf(a.Rows, o.limit, &more)
	if o.newest {
		rows = report.LastOf(a.Rows, o.limit)
	}
	a.Rows = func(yield func(R, error) bool) {
		for row, err := range rows {
			if n++; !yield(row, err) {
				return
			}
		}
	}
	switch {
	case o.xlsx != "":
		err = fileAnswer(ctx, r, reader, a, o)
	case r.JSON:
		err = sheet.WriteJSON(term.Visible(r.Streams.Out), a.Rows)
	default:
		err = printTable(r, a)
		switch {
		case err == nil && n == 0:
			r.Remark("%s", a.Nothing().In(term.Wording{}))
		case err == nil && more:
			r.Remark("there are more; --limit N shows more of them")
		}
	}
	if err != nil {
		return err
	}
	f := a.Narrowed
	if n > 0 { // what is about the whole store stands there even so
		f = report.Filter{Location: f.Location}
	}
	return r.WarnUnknown(reader, f)
}

// printTable prints rows by their columns. A terminal's times are UTC always, so
// that the titles need not say it.
func printTable[R any](r *term.Run, a report.Answer[R]) error {
	heading := func(title string) string { return strings.ToUpper(strings.TrimSuffix(title, " (UTC)")) }
	headings := func(titles []string) (heads []string) {
		for _, title := range titles {
			heads = append(heads, heading(title))
		}
		return heads
	}
	var titles []string
	for _, c := range a.Columns {
		titles = append(titles, c.Title)
	}
	t := r.NewTable(headings(titles)...).Spares(headings(a.Spares)...).Below(headings(a.Below)...)
	cells := make([]any, len(a.Columns))
	for row, err := range a.Rows {
		if err != nil {
			return err
		}
		for i, c := range a.Columns {
			cells[i] = c.Of(&row).Native()
		}
		if err := t.Add(cells...); err != nil {
			return err
		}
	}
	return t.Flush()
}

// fileAnswer writes rows to a workbook, whole or not at all.
func fileAnswer[R any](ctx context.Context, r *term.Run, reader report.Reader, a report.Answer[R], o *asking) error {
	c := r.Config()
	e := export.Export{Origin: report.Origin{Made: r.Now(), By: c.Operator, Host: c.Host, Version: term.Version(), Random: c.Random, TempDir: filepath.Dir(o.xlsx)}}
	out := term.ExportFile{Path: o.xlsx, Write: func(w io.Writer, reader report.Reader, e export.Export) (export.Totals, error) {
		rows, head, err := report.WriteAnswer(w, reader, e.Origin, a)
		return export.Totals{Rows: rows, Head: head}, err
	}}
	if err := r.MayReplace(ctx, &out, o.yes); err != nil {
		return err
	}
	totals, err := out.Make(reader, e)
	if err != nil {
		return err
	}
	if r.JSON {
		return r.PrintJSON(term.ReportFileJSON{
			File: out.Path, Rows: totals.Rows, Events: totals.Head.Seq, Head: totals.Head.Hash.String(), Removed: out.Stale,
		})
	}
	r.Say("%s: %s", out.Path, term.Count(totals.Rows, "row"))
	r.SayDropped(out)
	return nil
}
