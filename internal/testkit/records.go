// Package testkit holds what only tests and tools need: reading whole seed files,
// fuzzing families, keys without a terminal.
package testkit

import (
	"io"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// ReadAll returns the records of a text, its notes, and the error that ended it if
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
			return got, words(in), nil
		}
		if err != nil {
			return got, words(in), err
		}
		got = append(got, rec)
	}
}

func words(in seedfile.Reader) (notes []string) {
	for _, n := range in.Notes() {
		notes = append(notes, n.In(Flags))
	}
	return notes
}

// Flags words fields as the command line does.
var Flags fault.Wording = flags{fault.Plain}

type flags struct{ fault.Wording }

func (flags) Field(f fault.Field) string { return "--" + string(f) }

func (f flags) Setting(s fault.Setting) string {
	return strings.TrimSpace(f.Field(s.Field) + " " + s.Value)
}

func (f flags) Remedy(r fault.Remedy) string {
	words := append([]string{"fob", string(r.Do)}, r.Args...)
	for _, s := range r.With {
		words = append(words, f.Setting(s))
	}
	return "`" + strings.Join(words, " ") + "`"
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
