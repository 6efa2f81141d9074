package report

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// clocks is a store of clocks.
type clocks struct {
	Reader
	groups []ClockGroup
	all    iter.Seq2[ClockRecord, error]
}

func (c clocks) ClockGroups(DriftFilter) ([]ClockGroup, error)    { return c.groups, nil }
func (c clocks) Clocks(DriftFilter) iter.Seq2[ClockRecord, error] { return c.all }

const aDay = 24 * time.Hour

// running is a clock with a rate, seen so many days apart.
func running(serial string, batch int, ppm float64, days ...float64) ClockRecord {
	r := ClockRecord{Serial: token.Serial(serial), State: token.Bound, Batch: batch, Model: "c200", Period: 30}
	for _, d := range days {
		r.Observations = append(r.Observations, token.Observation{At: noon.Add(time.Duration(d * float64(aDay))), Drift: ppm * 0.0864 * d})
	}
	return r
}

func each(records ...ClockRecord) iter.Seq2[ClockRecord, error] {
	return func(yield func(ClockRecord, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func drift(t *testing.T, c clocks, outliers int) *Drift {
	t.Helper()
	d, err := ReadDrift(c, DriftFilter{Outliers: outliers})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func serials(all []DriftOutlier) (names []string) {
	for _, o := range all {
		names = append(names, string(o.Serial))
	}
	return names
}

func TestDrift(t *testing.T) {
	jumped := running("J", 1, 0, 0, 100, 200)
	jumped.Observations[2].Drift = 7200
	c := clocks{groups: []ClockGroup{{2, "", "c200", 10}, {1, "", "c200", 20}, {1, "", "empty", 3}}, all: each(
		running("A", 1, -10, 0, 100), running("B", 1, -11, 0, 100), running("C", 1, -12, 0, 200),
		running("D", 1, 25, 0, 100),  // 35 unlike the median of −10
		running("E", 1, 26, 0, 60),   // so is this, seen over 60 days only
		running("F", 1, -70, 0, 100), // flagged
		jumped,
		running("G", 1, 3, 0),
		running("H", 2, 25, 0, 100), // usual here
	)}
	d := drift(t, c, 20)
	if d.Tokens != 33 || d.Observed != 9 || d.Measured != 7 || d.Flagged != 2 || d.OutliersTotal != 3 {
		t.Errorf("%+v", d)
	}
	if got := serials(d.Outliers); !slices.Equal(got, []string{"J", "F", "D"}) {
		t.Errorf("outliers %s", got)
	}
	if j := d.Outliers[0]; j.Jumps != 1 || j.Rate != nil || !slices.Equal(j.Flags, []otp.Flag{otp.FlagJump}) || !j.LastJump.Equal(noon.Add(200*aDay)) || j.Drift != 7200 {
		t.Errorf("%+v", j)
	}
	if f := d.Outliers[1]; math.Abs(*f.Rate+70) > 1e-6 || !slices.Equal(f.Flags, []otp.Flag{otp.FlagRate}) {
		t.Errorf("%+v", f)
	}
	if len(d.Groups) != 3 || d.Groups[0].Batch != 1 || d.Groups[0].Model != "c200" || d.Groups[1].Model != "empty" || d.Groups[2].Batch != 2 {
		t.Fatalf("%+v", d.Groups)
	}
	g := d.Groups[0]
	if g.Tokens != 20 || g.Observed != 8 || g.Measured != 6 || g.Flagged != 2 || *g.RateMedian != -11 || *g.RateP5 != -70 || *g.DriftMedian != -86 {
		t.Errorf("%+v: median %g, 5 %% %g, drift %g", g, *g.RateMedian, *g.RateP5, *g.DriftMedian)
	}
	if e := d.Groups[1]; e.RateMedian != nil || e.DriftMedian != nil || e.Tokens != 3 {
		t.Errorf("%+v", e)
	}
	total := 0
	for i, b := range d.Histogram {
		total += b.Tokens
		if b.To-b.From != 5 || i > 0 && b.From != d.Histogram[i-1].To {
			t.Errorf("bin %d: %+v", i, b)
		}
	}
	if total != d.Measured || d.Histogram[0].Tokens != 1 || d.Histogram[9].Tokens != 2 { // −70 at the edge; −12 and −11 in −15 to −10
		t.Errorf("%+v", d.Histogram)
	}
	if got := serials(drift(t, c, 1).Outliers); !slices.Equal(got, []string{"J"}) {
		t.Errorf("the worst: %s", got)
	}
	if d := drift(t, c, 0); len(d.Outliers) != 0 || d.Flagged != 2 {
		t.Errorf("none: %+v", d)
	}
	if d := drift(t, clocks{all: each()}, 5); d.Groups == nil || d.Outliers == nil || d.OutliersTotal != 0 {
		t.Errorf("an empty store: %+v", d)
	}
}

func TestDriftError(t *testing.T) {
	broken := errors.New("disk")
	c := clocks{all: func(yield func(ClockRecord, error) bool) { yield(ClockRecord{}, broken) }}
	if _, err := ReadDrift(c, DriftFilter{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// The quantiles of many are those that they were drawn from.
func TestDriftDistribution(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 20_000
	all := func(yield func(ClockRecord, error) bool) {
		for i := range n {
			if !yield(running(fmt.Sprint(i), 1, (r.Float64()*2-1)*20, 0, 400), nil) {
				return
			}
		}
	}
	d := drift(t, clocks{all: all}, 5)
	g := d.Groups[0]
	for name, c := range map[string][2]float64{"5 %": {*g.RateP5, -18}, "median": {*g.RateMedian, 0}, "95 %": {*g.RateP95, 18}} {
		if math.Abs(c[0]-c[1]) > 0.8 {
			t.Errorf("%s: %g, want %g", name, c[0], c[1])
		}
	}
	if d.OutliersTotal != 0 || d.Measured != n {
		t.Errorf("%d outliers of %d", d.OutliersTotal, d.Measured)
	}
}
