// Package seedtest reads whole files for the tests of the families.
package seedtest

import (
	"io"
	"strings"
	"testing"

	"fob/internal/seedfile"
)

// ReadAll gives the records of a text, its notes, and the error that ended it if
// that was not its end.
func ReadAll(t testing.TB, f seedfile.Format, r io.Reader) (got []seedfile.Record, notes []string, err error) {
	t.Helper()
	in, err := f.Open(r, seedfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		rec, err := in.Next()
		if err == io.EOF {
			return got, in.Notes(), nil
		}
		if err != nil {
			return got, in.Notes(), err
		}
		got = append(got, rec)
	}
}

// Benchmark measures how fast the records of a text are read.
func Benchmark(b *testing.B, f seedfile.Format, text string) {
	b.ReportAllocs()
	records := 0
	for b.Loop() {
		in, err := f.Open(strings.NewReader(text), seedfile.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			rec, err := in.Next()
			if err == io.EOF {
				break
			}
			if err != nil || rec.Problem != nil {
				b.Fatal(err, rec.Problem)
			}
			rec.Secret.Text.Clear()
			records++
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "rows/s")
}
