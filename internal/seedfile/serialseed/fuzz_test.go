package serialseed

import (
	"strings"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/testkit"
)

func FuzzReader(f *testing.F) {
	testkit.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/serial-seed/*")
}

func BenchmarkReader(b *testing.B) {
	testkit.Benchmark(b, Format(), strings.Repeat("2600412300001 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", 10000))
}
