package hexcsv

import (
	"strings"
	"testing"

	"fob/internal/seedfile"
	"fob/internal/seedfile/seedtest"
)

func FuzzReader(f *testing.F) {
	seedtest.Fuzz(f, Format(), seedfile.Options{}, "../../../testdata/seedfiles/hex-csv/*")
}

func BenchmarkReader(b *testing.B) {
	seedtest.Benchmark(b, Format(), strings.Repeat("2600412300001,3132333435363738393031323334353637383930,30\n", 10000))
}
