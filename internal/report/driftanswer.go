package report

import (
	"fmt"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"time"
)

// Answer is the report as a workbook has it: a row for each model of each batch,
// and the outliers on a sheet of their own.
func (d *Drift) Answer(f DriftFilter) Answer[DriftGroup] {
	told := fmt.Sprintf("%d of %d outliers are on the sheet Outliers, the worst first.", len(d.Outliers), d.Strays)
	if len(d.Outliers) < d.Strays {
		told += " --outliers N tells more of them."
	}
	return Answer[DriftGroup]{
		Title:    "Drift of clocks",
		Selected: Filter{Batch: f.Batch, Model: f.Model}.String(),
		Limits: []string{
			"A rate is measured once a token was seen over 30 days; 10 ppm are 5 minutes a year, + is fast.",
			"Outliers are told of after 90 days: rates beyond ± 50 ppm, clocks that jumped, and rates 30 ppm or more unlike the median of their batch and model.",
			told,
		},
		Columns: driftColumns(),
		Rows:    Rows(d.Groups),
		None:    "no tokens with a clock",
		more:    []sheet.Sheet{sheet.New("Outliers", "", "", outlierColumns(), Rows(d.Outliers))},
	}
}

func driftColumns() []sheet.Column[DriftGroup] {
	return []sheet.Column[DriftGroup]{
		sheet.Col("batch", "Batch", 8, "Number of the import that brought them", func(g *DriftGroup) int { return g.Batch }),
		sheet.Col("manufacturer", "Manufacturer", 18, "As the seed file or the operator named it", func(g *DriftGroup) string { return g.Manufacturer }),
		sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(g *DriftGroup) string { return g.Model }),
		sheet.Col("tokens", "Tokens", 10, "Tokens with a clock", func(g *DriftGroup) int { return g.Tokens }),
		sheet.Col("observed", "Observed", 10, "Of these, seen at least once", func(g *DriftGroup) int { return g.Observed }),
		sheet.Col("measured", "Measured", 10, "Of these, seen over 30 days or more: their rate is known", func(g *DriftGroup) int { return g.Measured }),
		sheet.Col("rate_p5_ppm", "Rate 5 % (ppm)", 14, "A twentieth of the measured clocks run slower than this", func(g *DriftGroup) *float64 { return g.RateP5 }),
		sheet.Col("rate_median_ppm", "Rate median (ppm)", 16, "Half of the measured clocks run slower than this", func(g *DriftGroup) *float64 { return g.RateMedian }),
		sheet.Col("rate_p95_ppm", "Rate 95 % (ppm)", 14, "A twentieth of the measured clocks run faster than this", func(g *DriftGroup) *float64 { return g.RateP95 }),
		sheet.Col("drift_median_seconds", "Drift median (s)", 16, "How far half of the clocks were off at most when last seen; + is fast", func(g *DriftGroup) *float64 { return g.DriftMedian }),
		sheet.Col("flagged", "Flagged", 10, "Tokens with a rate beyond ± 50 ppm, or a jump", func(g *DriftGroup) int { return g.Flagged }),
	}
}

func outlierColumns() []sheet.Column[DriftOutlier] {
	return []sheet.Column[DriftOutlier]{
		sheet.Col("serial", "Serial", 18, "Text printed on the device", func(o *DriftOutlier) token.Serial { return o.Serial }),
		sheet.Col("state", "State", 12, "Where it stands in its life", func(o *DriftOutlier) token.State { return o.State }),
		sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(o *DriftOutlier) int { return o.Batch }),
		sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(o *DriftOutlier) string { return o.Model }),
		sheet.Col("", "Flags", 16, "What it was flagged for; empty: unlike its batch and model only", func(o *DriftOutlier) string { return kindWords(o.Flags) }),
		sheet.Col("rate_ppm", "Rate (ppm)", 12, "As measured", func(o *DriftOutlier) *float64 { return o.Rate }),
		sheet.Col("rate_noise_ppm", "Noise (ppm)", 12, "One standard deviation of that rate", func(o *DriftOutlier) *float64 { return o.Noise }),
		sheet.Col("jumps", "Jumps", 8, "How often it jumped", func(o *DriftOutlier) int { return o.Jumps }),
		sheet.Col("last_jump_at", "Last jump (UTC)", 20, "When it was seen to have jumped last", func(o *DriftOutlier) *time.Time { return o.LastJump }),
		sheet.Col("", "Drift (s)", 10, "How far it was off when last seen; + is fast", func(o *DriftOutlier) float64 { return o.Drift }),
		sheet.Col("observed_at", "Observed at (UTC)", 20, "When it was last seen", func(o *DriftOutlier) time.Time { return o.ObservedAt }),
	}
}
