package hexcsv

import (
	"strings"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/testkit"
)

func FuzzReader(f *testing.F) {
	testkit.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/hex-csv/*")
}

func BenchmarkReader(b *testing.B) {
	testkit.Benchmark(b, Format(), strings.Repeat("2600412300001,3132333435363738393031323334353637383930,30\n", 10000))
}
