package reports

import (
	"context"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
)

// bookOptions are the flags of every report that a workbook can hold.
type bookOptions struct {
	xlsx  string
	named func() bool // an empty name is one, too
	yes   bool
}

func (o *bookOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.xlsx, "xlsx", "", "write the rows to this workbook instead; one that is there is replaced after a question")
	f.BoolVar(&o.yes, "yes", false, "replace the workbook, and a signature of it, without asking")
	_ = cmd.MarkFlagFilename("xlsx", "xlsx") // only completion needs it
	o.named = func() bool { return f.Changed("xlsx") }
}

func (o *bookOptions) check() error {
	if o.named() && !strings.EqualFold(filepath.Ext(o.xlsx), ".xlsx") {
		return fault.Errorf(fault.Usage, "--xlsx %q: the name of a workbook ends in .xlsx", term.Clean(o.xlsx))
	}
	return nil
}

// answerOptions are the flags of every report that is one table.
type answerOptions struct {
	bookOptions
	limit int
	last  bool // the rows stand in the order of time: a limit takes the newest
}

func (o *answerOptions) add(cmd *cobra.Command) {
	o.bookOptions.add(cmd)
	usage := "at most this many rows; 0: all"
	if o.last {
		usage = "only the newest so many rows; 0: all"
	}
	cmd.Flags().IntVar(&o.limit, "limit", 0, usage)
}

func (o *answerOptions) check() error {
	if o.limit < 0 {
		return fault.Errorf(fault.Usage, "--limit %d: a limit is 1 or more, 0 for none", o.limit)
	}
	return o.bookOptions.check()
}

// addScope adds the flags that narrow a report to some tokens.
func addScope(cmd *cobra.Command, s *report.Scope) {
	cmd.Flags().IntVar(&s.Batch, "batch", 0, "only tokens of this batch")
	cmd.Flags().StringVar(&s.Model, "model", "", "only tokens of this model")
	cmd.Flags().StringVar(&s.Location, "location", "", "only tokens at this location")
}

// periodOptions are the flags that say when.
type periodOptions struct{ since, until string }

func (o *periodOptions) add(cmd *cobra.Command, since, usage string) {
	cmd.Flags().StringVar(&o.since, "since", since, usage+" since this day or time, or this long ago: 2026-07-01, 30d")
	cmd.Flags().StringVar(&o.until, "until", "", usage+" until this day, it included, or this time")
}

func (o *periodOptions) period(now time.Time) (p report.Period, err error) {
	if p.Since, _, err = parseMoment("--since", o.since, now); err != nil {
		return p, err
	}
	until, whole, err := parseMoment("--until", o.until, now)
	if p.Until = until; whole {
		p.Until = until.AddDate(0, 0, 1)
	}
	if err == nil && !p.Until.IsZero() && !p.Since.Before(p.Until) {
		err = fault.Errorf(fault.Usage, "--since %s comes after --until %s", o.since, o.until)
	}
	return p, err
}

// parseMoment reads a day in UTC, a time, or how long ago; empty is the zero time.
// Whole tells that it was a day.
func parseMoment(flag, text string, now time.Time) (at time.Time, whole bool, err error) {
	if text == "" {
		return at, false, nil
	}
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at, false, nil
	}
	ago, err := term.ParseDays(text)
	if err != nil {
		return at, false, fault.Errorf(fault.Usage, "%s %q is no day, time or length of time; 2026-07-01, 2026-07-01T12:00:00Z and 30d are", flag, term.Clean(text))
	}
	return now.Add(-ago), false, nil
}

// asked makes the function of a report's command: ask gives the answer.
func asked[R any](r *term.Run, o *answerOptions, ask func(report.Reader) (report.Answer[R], error)) func(*cobra.Command, []string) error {
	return r.Start(func(ctx context.Context, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return r.WithReports(ctx, func(reader report.Reader) error {
			a, err := ask(reader)
			if err != nil {
				return err
			}
			return printAnswer(ctx, r, reader, a, o)
		})
	})
}

func printAnswer[R any](ctx context.Context, r *term.Run, reader report.Reader, a report.Answer[R], o *answerOptions) error {
	more := false
	if o.last {
		a.Rows = report.LastOf(a.Rows, o.limit)
	} else {
		a.Rows = report.FirstOf(a.Rows, o.limit, &more)
	}
	n := 0
	a.Rows = counted(a.Rows, &n)
	if err := writeAnswer(ctx, r, reader, a, &o.bookOptions); err != nil {
		return err
	}
	asTable := !r.JSON && o.xlsx == ""
	switch {
	case n == 0 && asTable:
		r.Remark("%s", a.Nothing())
	case more && asTable:
		r.Remark("there are more; --limit N shows more of them")
	}
	if n > 0 {
		return nil
	}
	return r.WarnUnknown(reader, a.Narrowed)
}

func writeAnswer[R any](ctx context.Context, r *term.Run, reader report.Reader, a report.Answer[R], o *bookOptions) error {
	switch {
	case o.xlsx != "":
		return fileAnswer(ctx, r, reader, a, o)
	case r.JSON:
		return report.WriteRowsJSON(term.Visible(r.Streams.Out), a.Rows)
	}
	return tabulate(r, a)
}

// tabulate prints rows as a table.
func tabulate[R any](r *term.Run, a report.Answer[R]) error {
	heads := make([]string, len(a.Columns))
	for i, c := range a.Columns {
		heads[i] = headOf(c.Title)
	}
	spare := make([]string, len(a.Spares))
	for i, title := range a.Spares {
		spare[i] = headOf(title)
	}
	t := r.NewTable(heads...).Spares(spare...)
	cells := make([]any, len(a.Columns))
	for row, err := range a.Rows {
		if err != nil {
			return err
		}
		for i, c := range a.Columns {
			cells[i] = c.Of(&row)
		}
		if err := t.Add(cells...); err != nil {
			return err
		}
	}
	return t.Flush()
}

// headOf is a column's title as terminals show it: their times are UTC always.
func headOf(title string) string { return strings.ToUpper(strings.TrimSuffix(title, " (UTC)")) }

// fileAnswer writes rows to a workbook, whole or not at all.
func fileAnswer[R any](ctx context.Context, r *term.Run, reader report.Reader, a report.Answer[R], o *bookOptions) error {
	c := r.Config()
	e := report.Export{Made: r.Now(), By: c.Operator, Host: c.Host, Version: term.Version(), Random: c.Random, TempDir: filepath.Dir(o.xlsx)}
	out := term.ExportFile{Path: o.xlsx, Write: func(w io.Writer, reader report.Reader, e report.Export) (report.Totals, error) {
		return report.WriteAnswer(w, reader, e, a)
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

// counted counts rows as they pass.
func counted[T any](rows iter.Seq2[T, error], n *int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range rows {
			if err == nil {
				*n++
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
