package report

import "fmt"

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
		Rows:    later(func() ([]DriftGroup, error) { return d.Groups, nil }),
		None:    "no tokens with a clock",
		more:    []sheet{d.outliers().sheet(new(int))},
	}
}

func (d *Drift) outliers() Answer[DriftOutlier] {
	rows := later(func() ([]DriftOutlier, error) { return d.Outliers, nil })
	return Answer[DriftOutlier]{Title: "Outliers", Columns: outlierColumns(), Rows: rows}
}

func driftColumns() []Column[DriftGroup] {
	return []Column[DriftGroup]{
		{"Batch", 8, "Number of the import that brought them", func(g *DriftGroup) any { return g.Batch }},
		{"Manufacturer", 18, "As the seed file or the operator named it", func(g *DriftGroup) any { return g.Manufacturer }},
		{"Model", 14, "As the seed file or the operator named it", func(g *DriftGroup) any { return g.Model }},
		{"Tokens", 10, "Tokens with a clock", func(g *DriftGroup) any { return g.Tokens }},
		{"Observed", 10, "Of these, seen at least once", func(g *DriftGroup) any { return g.Observed }},
		{"Measured", 10, "Of these, seen over 30 days or more: their rate is known", func(g *DriftGroup) any { return g.Measured }},
		{"Rate 5 % (ppm)", 14, "A twentieth of the measured clocks run slower than this", func(g *DriftGroup) any { return g.RateP5 }},
		{"Rate median (ppm)", 16, "Half of the measured clocks run slower than this", func(g *DriftGroup) any { return g.RateMedian }},
		{"Rate 95 % (ppm)", 14, "A twentieth of the measured clocks run faster than this", func(g *DriftGroup) any { return g.RateP95 }},
		{"Drift median (s)", 16, "How far half of the clocks were off at most when last seen; + is fast", func(g *DriftGroup) any { return g.DriftMedian }},
		{"Flagged", 10, "Tokens with a rate beyond ± 50 ppm, or a jump", func(g *DriftGroup) any { return g.Flagged }},
	}
}

func outlierColumns() []Column[DriftOutlier] {
	return []Column[DriftOutlier]{
		{"Serial", 18, "Text printed on the device", func(o *DriftOutlier) any { return string(o.Serial) }},
		{"State", 12, "Where it stands in its life", func(o *DriftOutlier) any { return string(o.State) }},
		{"Batch", 8, "Number of the import that brought it", func(o *DriftOutlier) any { return o.Batch }},
		{"Model", 14, "As the seed file or the operator named it", func(o *DriftOutlier) any { return o.Model }},
		{"Flags", 16, "What it was flagged for; empty: unlike its batch and model only", func(o *DriftOutlier) any { return kindWords(o.Flags) }},
		{"Rate (ppm)", 12, "As measured", func(o *DriftOutlier) any { return o.Rate }},
		{"Noise (ppm)", 12, "One standard deviation of that rate", func(o *DriftOutlier) any { return o.Noise }},
		{"Jumps", 8, "How often it jumped", func(o *DriftOutlier) any { return o.Jumps }},
		{"Last jump (UTC)", 20, "When it was seen to have jumped last", func(o *DriftOutlier) any { return o.LastJump }},
		{"Drift (s)", 10, "How far it was off when last seen; + is fast", func(o *DriftOutlier) any { return &o.Drift }},
		{"Observed at (UTC)", 20, "When it was last seen", func(o *DriftOutlier) any { return o.ObservedAt }},
	}
}
