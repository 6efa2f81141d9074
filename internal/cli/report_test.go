package cli

import (
	"strings"
	"testing"
	"time"
)

// seen resynchronises a token of the delivery with a pair, its clock off by drift.
func (p *program) saw(t *testing.T, i int, drift float64) {
	t.Helper()
	k := parseKnown(seedFile(deliveryPlan))[i]
	step := (p.now.Unix() + int64(drift)) / int64(k.moving)
	p.must(t, "resync", k.serial, "--code", k.shows(step), "--code", k.shows(step+1))
}

// A terminal gets the groups, the rates as bars, and what runs badly.
func TestReportDrift(t *testing.T) {
	p, _ := stocked(t)
	p.width = 100
	if out := p.must(t, "report", "drift").out; !strings.Contains(out, "No rate is measured yet") || !strings.Contains(out, "No outliers.") {
		t.Errorf("%s", out)
	}
	rates := []float64{-12, -8, -11, -9, 3, 77}
	for i := range rates {
		p.saw(t, i, 0)
	}
	const days = 60
	p.now = p.now.Add(days * 24 * time.Hour)
	for i, ppm := range rates {
		p.saw(t, i, ppm*0.0864*days)
	}
	p.now = p.now.Add(days * 24 * time.Hour)
	p.saw(t, 5, 77*0.0864*2*days)
	out := p.must(t, "report", "drift", "--batch", "1").out
	for _, line := range []string{
		"BATCH  TOKENS  OBSERVED  MEASURED  PPM 5 %  MEDIAN  95 %  DRIFT S  FLAGGED\n1      36      6         6",
		"Rates in ppm:\n  -15 to   -10       4 █████", "  -10 to    -5       0\n", "    0 to    +5       1 ██", "      from +55       1 ██",
		"1 outlier, the worst first:", "2600412300006  in_stock",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
	if strings.Contains(out, "below") {
		t.Errorf("bars of nothing:\n%s", out)
	}
	p.width = 0
	rows := p.must(t, "report", "drift").out
	if n := strings.Count(rows, "\n"); n != 1 || !strings.HasPrefix(rows, "1\t\t\t36\t6\t6\t") || strings.Count(rows, "\t") != 10 {
		t.Errorf("a pipe gets\n%s", rows)
	}
}
