package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

const (
	// UnlikeRate is how far a rate lies from the median of its batch and model to be
	// called an outlier: three times what such rates spread by (10 ppm).
	UnlikeRate = 30.0
	// outlierSpan: a record of 90 days is measured to 2 ppm.
	outlierSpan = otp.FlagSpan
	// binPPM and binEdge lay out the histogram: what is beyond the edges is in the
	// first and the last bin.
	binPPM, binEdge = 5.0, 60.0
	// ratesPerPPM is how finely rates are counted: by a tenth of a ppm, far below
	// the noise of any.
	ratesPerPPM = 10
)

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// DriftFilter selects clocks; its zero value selects all.
type DriftFilter struct {
	Batch    int
	Model    string // without regard to case
	Outliers int    // how many are listed at most
}

// ClockGroup is how many tokens with a clock there are of one model in one batch.
type ClockGroup struct {
	Batch        int
	Manufacturer string
	Model        string
	Tokens       int
}

// ClockRecord is what was measured of one token's clock.
type ClockRecord struct {
	Serial       token.Serial
	State        token.State
	Batch        int
	Manufacturer string
	Model        string
	Period       int
	Observations []token.Observation // oldest first, at least one
}

// Drift is how the clocks of tokens run. Its JSON names are kept for good.
type Drift struct {
	Tokens        int            `json:"tokens"`   // with a clock
	Observed      int            `json:"observed"` // seen at least once
	Measured      int            `json:"measured"` // seen over 30 days or more: their rate is known
	Flagged       int            `json:"flagged"`  // a rate beyond ±50 ppm, or a jump
	Groups        []DriftGroup   `json:"groups"`
	Histogram     []DriftBin     `json:"histogram"`
	Outliers      []DriftOutlier `json:"outliers"` // the worst first, at most as many as were asked for
	OutliersTotal int            `json:"outliers_total"`
}

// DriftGroup is the clocks of one model in one batch. Numbers that rest on nothing
// are null.
type DriftGroup struct {
	Batch        int      `json:"batch"`
	Manufacturer string   `json:"manufacturer"`
	Model        string   `json:"model"`
	Tokens       int      `json:"tokens"`
	Observed     int      `json:"observed"`
	Measured     int      `json:"measured"`
	Flagged      int      `json:"flagged"`
	RateP5       *float64 `json:"rate_p5_ppm"`
	RateMedian   *float64 `json:"rate_median_ppm"`
	RateP95      *float64 `json:"rate_p95_ppm"`
	DriftMedian  *float64 `json:"drift_median_seconds"` // as last seen

	rates  tally // by tenths of a ppm
	drifts tally // by seconds
	// slowest and fastest are the outermost rates without a flag: which of them are
	// outliers is known once the median is.
	slowest, fastest worst
}

// DriftBin is one bar of the histogram of rates, from included.
type DriftBin struct {
	From   float64 `json:"from_ppm"`
	To     float64 `json:"to_ppm"`
	Tokens int     `json:"tokens"`
}

// DriftOutlier is a token whose clock is not like the others.
type DriftOutlier struct {
	Serial     token.Serial `json:"serial"`
	State      token.State  `json:"state"`
	Batch      int          `json:"batch"`
	Model      string       `json:"model"`
	Flags      []otp.Flag   `json:"flags"`
	Rate       *float64     `json:"rate_ppm"` // as measured, neither shrunk nor clamped
	Noise      *float64     `json:"rate_noise_ppm"`
	Jumps      int          `json:"jumps"`
	LastJump   *time.Time   `json:"last_jump_at"`
	Drift      float64      `json:"drift_seconds"`
	ObservedAt time.Time    `json:"observed_at"`
}

// ReadDrift walks all clocks once. What it keeps grows with batches and models, not
// with tokens.
func ReadDrift(r Reader, f DriftFilter) (*Drift, error) {
	sizes, err := r.ClockGroups(f)
	if err != nil {
		return nil, err
	}
	groups := map[ClockGroup]*DriftGroup{}
	group := func(batch int, manufacturer, model string) *DriftGroup {
		key := ClockGroup{batch, manufacturer, model, 0}
		if groups[key] == nil {
			groups[key] = &DriftGroup{Batch: batch, Manufacturer: manufacturer, Model: model, rates: tally{}, drifts: tally{}}
		}
		return groups[key]
	}
	for _, s := range sizes {
		group(s.Batch, s.Manufacturer, s.Model).Tokens += s.Tokens
	}
	d := &Drift{Groups: []DriftGroup{}, Outliers: []DriftOutlier{}}
	for from := -binEdge; from < binEdge; from += binPPM {
		d.Histogram = append(d.Histogram, DriftBin{From: from, To: from + binPPM})
	}
	var outliers worst
	for rec, err := range r.Clocks(f) {
		if err != nil {
			return nil, err
		}
		g := group(rec.Batch, rec.Manufacturer, rec.Model)
		c := otp.History{Observations: rec.Observations}.Clock(rec.Period)
		last := rec.Observations[len(rec.Observations)-1]
		g.Observed++
		g.drifts[int(math.Round(last.Drift))]++
		if c.Fitted {
			g.Measured++
			g.rates[int(math.Round(c.FitPPM*ratesPerPPM))]++
			bin := int(math.Floor((c.FitPPM + binEdge) / binPPM))
			d.Histogram[min(max(bin, 0), len(d.Histogram)-1)].Tokens++
		}
		o := DriftOutlier{Serial: rec.Serial, State: rec.State, Batch: rec.Batch, Model: rec.Model, Flags: append([]otp.Flag{}, c.Flags...),
			Jumps: c.Jumps, LastJump: When(c.LastJump), Drift: last.Drift, ObservedAt: last.At}
		if c.Fitted {
			o.Rate, o.Noise = &c.FitPPM, &c.NoisePPM
		}
		switch {
		case len(c.Flags) > 0:
			g.Flagged++
			outliers.add(o, o.severity(), f.Outliers)
		case c.Fitted && c.Span >= outlierSpan:
			g.slowest.add(o, -c.FitPPM, f.Outliers)
			g.fastest.add(o, c.FitPPM, f.Outliers)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(groups), func(a, b ClockGroup) int {
		return cmp.Or(cmp.Compare(a.Batch, b.Batch), cmp.Compare(a.Manufacturer, b.Manufacturer), cmp.Compare(a.Model, b.Model))
	}) {
		g := groups[key]
		g.RateP5, g.RateMedian, g.RateP95 = g.rates.quantile(0.05, ratesPerPPM), g.rates.quantile(0.5, ratesPerPPM), g.rates.quantile(0.95, ratesPerPPM)
		g.DriftMedian = g.drifts.quantile(0.5, 1)
		for direction, all := range [][]ranked{g.slowest.ranked, g.fastest.ranked} {
			for _, o := range all {
				if float64(2*direction-1)*(*o.Rate-*g.RateMedian) > UnlikeRate {
					outliers.add(o.DriftOutlier, o.severity(), f.Outliers)
				}
			}
		}
		d.Groups = append(d.Groups, *g)
		d.Tokens, d.Observed, d.Measured, d.Flagged = d.Tokens+g.Tokens, d.Observed+g.Observed, d.Measured+g.Measured, d.Flagged+g.Flagged
	}
	d.OutliersTotal = outliers.count
	for _, o := range outliers.ranked {
		d.Outliers = append(d.Outliers, o.DriftOutlier)
	}
	return d, nil
}

// severity puts jumping clocks first, those that jump often before the others, then
// the rates that are farthest off.
func (o DriftOutlier) severity() float64 {
	s := 1000 * float64(o.Jumps)
	if o.Rate != nil {
		s += min(math.Abs(*o.Rate), 999)
	}
	return s
}

// tally counts values that were rounded to whole numbers.
type tally map[int]int

// quantile is a value below which that part of all lie, scaled back; nil of none.
func (t tally) quantile(part float64, scale float64) *float64 {
	rank := int(part * float64(sum(t)-1))
	for _, v := range slices.Sorted(maps.Keys(t)) {
		if rank -= t[v]; rank < 0 {
			return new(float64(v) / scale)
		}
	}
	return nil
}

// worst keeps the highest of many.
type worst struct {
	ranked []ranked
	count  int
}

type ranked struct {
	DriftOutlier
	by float64
}

func (w *worst) add(o DriftOutlier, by float64, limit int) {
	w.count++
	at, _ := slices.BinarySearchFunc(w.ranked, by, func(r ranked, by float64) int { return cmp.Compare(by, r.by) })
	if at >= limit {
		return
	}
	w.ranked = slices.Insert(w.ranked, at, ranked{o, by})
	w.ranked = w.ranked[:min(len(w.ranked), limit)]
}

// Answer is the report as a workbook has it: a row for each model of each batch,
// and the outliers on a sheet of their own.
func (d *Drift) Answer(f DriftFilter) Answer[DriftGroup] {
	type group = DriftGroup
	type outlier = DriftOutlier
	return Answer[group]{
		Title:    "Drift of clocks",
		Selected: Filter{Batch: f.Batch, Model: f.Model}.String(),
		Limits: []string{
			fmt.Sprintf("A rate is measured once a token was seen over %d days; 10 ppm are 5 minutes a year, + is fast.", days(otp.MinRateSpan)),
			fmt.Sprintf("Outliers are listed after %d days: rates beyond ± %v ppm, clocks that jumped, and rates %v ppm or more unlike the median of their batch and model.",
				days(outlierSpan), otp.MaxRate, UnlikeRate),
			fmt.Sprintf("%d of %d outliers are on the sheet Outliers, the worst first.", len(d.Outliers), d.OutliersTotal),
		},
		Columns: []sheet.Column[group]{
			sheet.Col("batch", "Batch", 8, "Number of the import that brought them", func(g *group) int { return g.Batch }),
			sheet.Col("manufacturer", "Manufacturer", 18, "As the seed file or the operator named it", func(g *group) string { return g.Manufacturer }),
			sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(g *group) string { return g.Model }),
			sheet.Col("tokens", "Tokens", 10, "Tokens with a clock", func(g *group) int { return g.Tokens }),
			sheet.Col("observed", "Observed", 10, "Of these, seen at least once", func(g *group) int { return g.Observed }),
			sheet.Col("measured", "Measured", 10, fmt.Sprintf("Of these, seen over %d days or more: their rate is known", days(otp.MinRateSpan)), func(g *group) int { return g.Measured }),
			sheet.Col("rate_p5_ppm", "Rate 5 % (ppm)", 14, "A twentieth of the measured clocks run slower than this", func(g *group) *float64 { return g.RateP5 }),
			sheet.Col("rate_median_ppm", "Rate median (ppm)", 16, "Half of the measured clocks run slower than this", func(g *group) *float64 { return g.RateMedian }),
			sheet.Col("rate_p95_ppm", "Rate 95 % (ppm)", 14, "A twentieth of the measured clocks run faster than this", func(g *group) *float64 { return g.RateP95 }),
			sheet.Col("drift_median_seconds", "Drift median (s)", 16, "How far half of the clocks were off at most when last seen; + is fast", func(g *group) *float64 { return g.DriftMedian }),
			sheet.Col("flagged", "Flagged", 10, fmt.Sprintf("Tokens with a rate beyond ± %v ppm, or a jump", otp.MaxRate), func(g *group) int { return g.Flagged }),
		},
		Rows: Rows(d.Groups),
		None: fault.Textf("no tokens with a clock"), Narrowed: Filter{Batch: f.Batch, Model: f.Model},
		more: []sheet.Sheet{sheet.New("Outliers", "", "", []sheet.Column[outlier]{
			sheet.Col("serial", "Serial", 18, "Text printed on the device", func(o *outlier) token.Serial { return o.Serial }),
			sheet.Col("state", "State", 12, "Where it stands in its life", func(o *outlier) token.State { return o.State }),
			sheet.Col("batch", "Batch", 8, "Number of the import that brought it", func(o *outlier) int { return o.Batch }),
			sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(o *outlier) string { return o.Model }),
			sheet.Col("flags", "Flags", 16, "What it was flagged for; empty: unlike its batch and model only", func(o *outlier) string { return kindWords(o.Flags) }),
			sheet.Col("rate_ppm", "Rate (ppm)", 12, "As measured", func(o *outlier) *float64 { return o.Rate }),
			sheet.Col("rate_noise_ppm", "Noise (ppm)", 12, "One standard deviation of that rate", func(o *outlier) *float64 { return o.Noise }),
			sheet.Col("jumps", "Jumps", 8, "How often it jumped", func(o *outlier) int { return o.Jumps }),
			sheet.Col("last_jump_at", "Last jump (UTC)", 20, "When it was seen to have jumped last", func(o *outlier) *time.Time { return o.LastJump }),
			sheet.Col("drift_seconds", "Drift (s)", 10, "How far it was off when last seen; + is fast", func(o *outlier) float64 { return o.Drift }),
			sheet.Col("observed_at", "Observed at (UTC)", 20, "When it was last seen", func(o *outlier) time.Time { return o.ObservedAt }),
		}, Rows(d.Outliers))},
	}
}

// Selects reports whether clocks of a kind are among those that the filter selects.
func (f DriftFilter) Selects(batch int, model string) bool {
	return (f.Batch == 0 || f.Batch == batch) && (f.Model == "" || strings.EqualFold(f.Model, model))
}
