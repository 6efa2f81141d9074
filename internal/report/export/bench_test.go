package export

import (
	"io"
	"testing"

	"fob/internal/report"
	"fob/internal/report/sheet"
)

const benchRows = 100_000

func benchmark(b *testing.B, write func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := write(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWorkbook(b *testing.B) {
	benchmark(b, func() error { _, err := WriteWorkbook(io.Discard, stock(benchRows), anExport()); return err })
}

func BenchmarkCSV(b *testing.B) {
	benchmark(b, func() error { _, err := WriteCSV(io.Discard, stock(benchRows), anExport()); return err })
}

func BenchmarkJSON(b *testing.B) {
	benchmark(b, func() error { _, err := WriteJSON(io.Discard, stock(benchRows), anExport()); return err })
}

func BenchmarkTokensJSON(b *testing.B) {
	benchmark(b, func() error { return sheet.WriteJSON(io.Discard, stock(benchRows).Tokens(report.Filter{})) })
}
