package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// shelf is where a benchmark's tokens lie.
const shelf = "Berlin/Shelf 1"

// scans is how many labels a stocktake of the shelf holds against the records.
func (b *bench) scans() int { return min(100_000, b.n) }

// stocktake counts the shelf: of what was scanned, each hundredth label is another
// supplier's.
func (b *bench) stocktake(ctx context.Context, i int) error {
	b.progress("stocktake %d of %d", i+1, b.runs)
	path := filepath.Join(b.dir, "scans.txt")
	if i == 0 {
		if err := b.writeScans(path); err != nil {
			return err
		}
	}
	return b.time(&b.counted, b.fob.Command(ctx, "stocktake", path, "--location", shelf))
}

func (b *bench) writeScans(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for at := range b.scans() {
		label := "]C0" + b.plan.Token(uint64(at)).Serial
		if at%100 == 99 {
			label = fmt.Sprintf("OTHER-%d", at)
		}
		_, _ = out.WriteString(label + "\t\r\n") // Flush tells of the error
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// counts is the row of what stocktake timed.
func (b *bench) counts(s *strings.Builder) {
	fmt.Fprintf(s, "| `stocktake`, %s scans, the whole process (CPU, peak memory) | %.1f s (%.1f s, %s MB) | | |\n",
		thousands(float64(b.scans())), median(b.counted, seconds), median(b.counted, func(u usage) float64 { return u.cpu }), thousands(memory(b.counted)))
}
