package reports

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report"
)

func newDriftCmd(r *term.Run) *cobra.Command {
	f := report.DriftFilter{}
	var o asking
	cmd := &cobra.Command{
		Use:  "drift",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			if f.Outliers < 0 {
				return fault.Errorf(fault.Usage, "--outliers %d: a number of tokens is 0 or more", f.Outliers)
			}
			if err := o.check(r.Now()); err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error { return reportDrift(ctx, r, reader, f, &o) })
		}),
	}
	fl := cmd.Flags()
	fl.IntVarP(&f.Batch, "batch", "b", 0, "only tokens of batch `N`")
	fl.StringVar(&f.Model, "model", "", "only tokens of the model `NAME`")
	fl.IntVar(&f.Outliers, "outliers", 20, "the worst `N` outliers")
	o.addBook(cmd)
	return cmd
}

func reportDrift(ctx context.Context, r *term.Run, reader report.Reader, f report.DriftFilter, o *asking) error {
	if err := term.CheckBatch(reader, f.Batch); err != nil {
		return err
	}
	d, err := report.ReadDrift(reader, f)
	if err != nil {
		return err
	}
	if len(d.Groups) == 0 {
		if err := noDrift(r, reader, report.Filter{Batch: f.Batch, Model: f.Model}); err != nil {
			return err
		}
	}
	switch {
	case o.xlsx != "":
		return fileAnswer(ctx, r, reader, d.Answer(f), o)
	case r.JSON:
		return r.PrintJSON(d)
	}
	if err := printDriftGroups(r, d); err != nil || r.Streams.OutWidth == 0 {
		return err
	}
	r.Say("")
	printHistogram(r, d.Histogram)
	r.Say("")
	return printOutliers(r, d)
}

// noDrift says of which tokens none has a clock.
func noDrift(r *term.Run, reader report.Reader, f report.Filter) error {
	none := (&report.Drift{}).Answer(report.DriftFilter{Batch: f.Batch, Model: f.Model})
	if !r.JSON {
		r.Remark("%s", none.Nothing().In(term.Wording{}))
	}
	return r.WarnUnknown(reader, f)
}

func printDriftGroups(r *term.Run, d *report.Drift) error {
	t := r.NewTable("BATCH", "MANUFACTURER", "MODEL", "TOKENS", "OBSERVED", "MEASURED", "PPM 5 %", "MEDIAN", "95 %", "DRIFT S", "FLAGGED").
		Spares("MANUFACTURER", "OBSERVED", "DRIFT S")
	for _, g := range d.Groups {
		if err := t.Add(g.Batch, g.Manufacturer, g.Model, g.Tokens, g.Observed, g.Measured, g.RateP5, g.RateMedian, g.RateP95, g.DriftMedian, g.Flagged); err != nil {
			return err
		}
	}
	return t.Flush()
}

// printHistogram draws the rates, those beyond which nothing lies left out.
func printHistogram(r *term.Run, bins []report.DriftBin) {
	most := 0
	for _, b := range bins {
		most = max(most, b.Tokens)
	}
	if most == 0 {
		r.Say("No rate is measured yet: that takes two observations of a token, %s apart.", term.Length(otp.MinRateSpan))
		return
	}
	r.Say("Rates in ppm:")
	first, last := 0, len(bins)-1
	for bins[first].Tokens == 0 {
		first++
	}
	for bins[last].Tokens == 0 {
		last--
	}
	room := max(r.Streams.OutWidth-30, 10)
	for i := first; i <= last; i++ {
		bar := strings.Repeat("█", (bins[i].Tokens*room+most-1)/most)
		r.Say("%s", strings.TrimRight(fmt.Sprintf("%s %7d %s", binName(bins, i), bins[i].Tokens, bar), " "))
	}
}

// binName is what a bar stands for; the outermost have no end.
func binName(bins []report.DriftBin, i int) string {
	switch i {
	case 0:
		return fmt.Sprintf("%14s", "below "+edge(bins[i].To))
	case len(bins) - 1:
		return fmt.Sprintf("%14s", "from "+edge(bins[i].From))
	}
	return fmt.Sprintf("%5s to %5s", edge(bins[i].From), edge(bins[i].To))
}

func edge(ppm float64) string {
	if ppm == 0 {
		return "0"
	}
	return fmt.Sprintf("%+.0f", ppm)
}

func printOutliers(r *term.Run, d *report.Drift) error {
	if d.OutliersTotal == 0 {
		r.Say("No outliers.")
		return nil
	}
	r.Say("%s, the worst first:", term.Count(d.OutliersTotal, "outlier"))
	t := r.NewTable("SERIAL", "STATE", "BATCH", "MODEL", "RATE PPM", "JUMPS", "LAST JUMP", "DRIFT S", "OBSERVED").
		Spares("MODEL", "OBSERVED", "DRIFT S", "BATCH")
	for _, o := range d.Outliers {
		if err := t.Add(string(o.Serial), string(o.State), o.Batch, o.Model, o.Rate, o.Jumps, o.LastJump, &o.Drift, o.ObservedAt); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if n := d.OutliersTotal - len(d.Outliers); n > 0 {
		r.Say("and %d more; --outliers N shows more of them", n)
	}
	return nil
}
