package report

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

const (
	// strayPPM is how far a rate lies from the median of its batch and model to be
	// called an outlier: three times what such rates spread by (DESIGN, 10 ppm).
	strayPPM = 30.0
	// straySpan: a record of 90 days is measured to 2 ppm.
	straySpan = 90 * 24 * time.Hour
	// binPPM and binEdge lay out the histogram: what is beyond the edges is in the
	// first and the last bin.
	binPPM, binEdge = 5.0, 60.0
	// ratesPerPPM is how finely rates are counted: by a tenth of a ppm, far below
	// the noise of any.
	ratesPerPPM = 10
)

// DriftFilter selects clocks; its zero value selects all.
type DriftFilter struct {
	Batch    int
	Model    string // without regard to case
	Outliers int    // how many are told at most
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

// Drift is how the clocks of tokens run, with the JSON names of the design.
type Drift struct {
	Tokens    int            `json:"tokens"`   // with a clock
	Observed  int            `json:"observed"` // seen at least once
	Measured  int            `json:"measured"` // seen over 30 days or more: their rate is known
	Flagged   int            `json:"flagged"`  // a rate beyond ±50 ppm, or a jump
	Groups    []DriftGroup   `json:"groups"`
	Histogram []DriftBin     `json:"histogram"`
	Outliers  []DriftOutlier `json:"outliers"` // the worst first, at most as many as were asked for
	Strays    int            `json:"outliers_total"`
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
	w := &driftWalk{limit: f.Outliers, groups: map[driftKey]*driftGroup{}, bins: bins()}
	for _, s := range sizes {
		w.group(driftKey{s.Batch, s.Manufacturer, s.Model}).Tokens += s.Tokens
	}
	if err := w.walk(r.Clocks(f)); err != nil {
		return nil, err
	}
	return w.report(), nil
}

type driftKey struct {
	batch        int
	maker, model string
}

// driftGroup is a group while it is counted.
type driftGroup struct {
	DriftGroup
	rates  tally // by tenths of a ppm
	drifts tally // by seconds
	// slow and fast are the outermost rates that no flag has told of: which of them
	// are outliers is known once the median is.
	slow, fast worst
}

type driftWalk struct {
	limit   int
	groups  map[driftKey]*driftGroup
	bins    []DriftBin
	flagged worst
}

func (w *driftWalk) group(k driftKey) *driftGroup {
	g := w.groups[k]
	if g == nil {
		g = &driftGroup{DriftGroup: DriftGroup{Batch: k.batch, Manufacturer: k.maker, Model: k.model}, rates: tally{}, drifts: tally{}}
		w.groups[k] = g
	}
	return g
}

func (w *driftWalk) walk(clocks iter.Seq2[ClockRecord, error]) error {
	for rec, err := range clocks {
		if err != nil {
			return err
		}
		w.add(rec)
	}
	return nil
}

func (w *driftWalk) add(rec ClockRecord) {
	g := w.group(driftKey{rec.Batch, rec.Manufacturer, rec.Model})
	last := rec.Observations[len(rec.Observations)-1]
	c := otp.History{Observations: rec.Observations}.Clock(rec.Period)
	g.Observed++
	g.drifts[int(math.Round(last.Drift))]++
	if c.Fitted {
		g.Measured++
		g.rates[int(math.Round(c.FitPPM*ratesPerPPM))]++
		w.bins[binOf(c.FitPPM)].Tokens++
	}
	o := outlierOf(rec, c, last)
	switch {
	case len(c.Flags) > 0:
		g.Flagged++
		w.flagged.add(o, severity(o), w.limit)
	case c.Fitted && c.Span >= straySpan:
		g.slow.add(o, -c.FitPPM, w.limit)
		g.fast.add(o, c.FitPPM, w.limit)
	}
}

func outlierOf(rec ClockRecord, c otp.Clock, last token.Observation) DriftOutlier {
	o := DriftOutlier{Serial: rec.Serial, State: rec.State, Batch: rec.Batch, Model: rec.Model, Flags: append([]otp.Flag{}, c.Flags...),
		Jumps: c.Jumps, LastJump: When(c.LastJump), Drift: last.Drift, ObservedAt: last.At}
	if c.Fitted {
		o.Rate, o.Noise = &c.FitPPM, &c.NoisePPM
	}
	return o
}

// severity puts jumping clocks first, those that jump often before the others, then
// the rates that are farthest off.
func severity(o DriftOutlier) float64 {
	s := 1000 * float64(o.Jumps)
	if o.Rate != nil {
		s += min(math.Abs(*o.Rate), 999)
	}
	return s
}

func (w *driftWalk) report() *Drift {
	d := &Drift{Histogram: w.bins, Groups: []DriftGroup{}, Outliers: []DriftOutlier{}, Strays: w.flagged.count}
	for _, k := range slices.SortedFunc(maps.Keys(w.groups), compareKeys) {
		g := w.groups[k]
		g.RateP5, g.RateMedian, g.RateP95 = g.rates.quantile(0.05, ratesPerPPM), g.rates.quantile(0.5, ratesPerPPM), g.rates.quantile(0.95, ratesPerPPM)
		g.DriftMedian = g.drifts.quantile(0.5, 1)
		d.Groups = append(d.Groups, g.DriftGroup)
		d.Tokens, d.Observed, d.Measured, d.Flagged = d.Tokens+g.Tokens, d.Observed+g.Observed, d.Measured+g.Measured, d.Flagged+g.Flagged
		for _, o := range g.strays() {
			d.Strays++
			w.flagged.add(o, severity(o), w.limit)
		}
	}
	for _, r := range w.flagged.ranked {
		d.Outliers = append(d.Outliers, r.DriftOutlier)
	}
	return d
}

func compareKeys(a, b driftKey) int {
	return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.maker, b.maker), cmp.Compare(a.model, b.model))
}

// strays are the tokens of a group that run unlike the rest of it.
func (g *driftGroup) strays() (all []DriftOutlier) {
	for _, r := range g.slow.ranked {
		if *r.Rate < *g.RateMedian-strayPPM {
			all = append(all, r.DriftOutlier)
		}
	}
	for _, r := range g.fast.ranked {
		if *r.Rate > *g.RateMedian+strayPPM {
			all = append(all, r.DriftOutlier)
		}
	}
	return all
}

func bins() (all []DriftBin) {
	for from := -binEdge; from < binEdge; from += binPPM {
		all = append(all, DriftBin{From: from, To: from + binPPM})
	}
	return all
}

func binOf(ppm float64) int {
	return min(max(int(math.Floor((ppm+binEdge)/binPPM)), 0), int(2*binEdge/binPPM)-1)
}

// tally counts values that were rounded to whole numbers.
type tally map[int]int

// quantile is a value below which that part of all lie, scaled back; nil of none.
func (t tally) quantile(part float64, scale float64) *float64 {
	total := 0
	for _, n := range t {
		total += n
	}
	if total == 0 {
		return nil
	}
	rank := int(part * float64(total-1))
	for _, v := range slices.Sorted(maps.Keys(t)) {
		if rank -= t[v]; rank < 0 {
			q := float64(v) / scale
			return &q
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
