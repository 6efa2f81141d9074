package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// report is the table as README quotes it.
func (b *bench) report(machine string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "`make bench N=%d RUNS=%d` on %s:\n\n", b.n, b.runs, machine)
	fmt.Fprintf(&s, "| with %s tokens, medians | fob | sqlite3 .import | ratio |\n|---|---|---|---|\n", thousands(float64(b.n)))
	b.row(&s, "import, tokens a second", rate(b.n, b.imports), rate(b.n, b.peers), "%s")
	b.row(&s, "import, CPU time for 1,000 tokens", b.cpu(b.imports), b.cpu(b.peers), "%s ms")
	b.row(&s, "import, peak memory", memory(b.imports), memory(b.peers), "%s MB")
	for _, c := range []struct {
		name string
		took []usage
	}{
		{"`bind --code`, the whole process", b.bind},
		{"`show`, the whole process", b.show},
		{"`list --limit 20`, the whole process", b.list},
		{"`version`, the whole process: what starting costs", b.version},
	} {
		fmt.Fprintf(&s, "| %s | %.0f ms | | |\n", c.name, 1000*median(c.took, seconds))
	}
	b.scaled(&s)
	b.counts(&s)
	b.peopled(&s)
	b.audited(&s)
	b.kept(&s)
	for _, c := range []struct {
		name string
		took []usage
	}{{"`export` .xlsx", b.workbook}, {"`export` .csv", b.csvfile}} {
		fmt.Fprintf(&s, "| %s, tokens a second (peak memory) | %s (%s MB) | | |\n", c.name, thousands(rate(b.n, c.took)), thousands(memory(c.took)))
	}
	fmt.Fprintf(&s, "\nMemory of %.0f MB and less is that of the measuring tool.\n", ownPeakMB())
	b.reportLoads(&s)
	b.versus(&s, "import of other formats", "OATH CSV", b.formats)
	b.versus(&s, "import of wrapped files", "unwrapped by the other program", b.wrapped)
	b.besideIteration(&s)
	b.besideC(&s)
	return s.String()
}

// row compares two figures; the peer's is left out when there is none.
func (b *bench) row(s *strings.Builder, name string, fob, peer float64, format string) {
	if len(b.peers) == 0 {
		fmt.Fprintf(s, "| %s | "+format+" | not measured | |\n", name, thousands(fob))
		return
	}
	fmt.Fprintf(s, "| %s | "+format+" | "+format+" | %.2f |\n", name, thousands(fob), thousands(peer), fob/peer)
}

// versus is the table of contests. Both ratios are of what was taken, so that
// less is better.
func (b *bench) versus(s *strings.Builder, title, other string, contests []*contest) {
	fmt.Fprintf(s, "\n| %s, medians | tokens a second | %s | time, ratio | CPU for 1,000 tokens | %[2]s | CPU, ratio |\n|---|---|---|---|---|---|---|\n", title, other)
	for _, c := range contests {
		name := strings.ReplaceAll(c.name, "|", `\|`)
		if c.missing != "" {
			fmt.Fprintf(s, "| %s | %s | | | | | |\n", name, c.missing)
			continue
		}
		fmt.Fprintf(s, "| %s | %s | %s | %.2f | %.1f ms | %.1f ms | %.2f |\n", name,
			thousands(rate(b.n, c.tookOne)), thousands(rate(b.n, c.tookOther)), rate(b.n, c.tookOther)/rate(b.n, c.tookOne),
			b.cpu(c.tookOne), b.cpu(c.tookOther), b.cpu(c.tookOne)/max(b.cpu(c.tookOther), 1e-9))
	}
}

func seconds(u usage) float64 { return u.seconds }

// cpu is milliseconds for 1,000 tokens.
func (b *bench) cpu(all []usage) float64 {
	return median(all, func(u usage) float64 { return u.cpu }) * 1e6 / float64(b.n)
}

func memory(all []usage) float64 { return median(all, func(u usage) float64 { return u.peakMB }) }

func rate(n int, all []usage) float64 { return float64(n) / max(median(all, seconds), 1e-9) }

// median of one figure over all runs, 0 of none.
func median(all []usage, of func(usage) float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.SortedFunc(slices.Values(all), func(x, y usage) int { return cmp.Compare(of(x), of(y)) })
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return of(sorted[middle])
	}
	return (of(sorted[middle-1]) + of(sorted[middle])) / 2
}

// thousands writes a figure as a person reads it: 104,316.
func thousands(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
