package main

import (
	"slices"
	"strings"
	"testing"
)

// A small fleet keeps to what README.md says of large ones: nearly every token that
// a desk is given is bound in three tries, a crystal within ± 20 ppm always in the
// window of two codes, and what was seen twice is foretold to half a minute.
func TestFleetsKeepTheirLimits(t *testing.T) {
	const n = 250
	rows, err := simulate(n, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fleets {
		first, again, last := rows[i][0], rows[i][1], rows[i][2]
		if first.total() != n || again.total()+(first.never-first.deep) != n {
			t.Errorf("%s: %d tokens came, then %d", f, first.total(), again.total())
		}
		most := n / 50
		if f.crystal > 20 {
			most = n / 30
		}
		if first.never > most {
			t.Errorf("%s: %d of %d were not bound", f, first.never, n)
		}
		if again.never+last.never > n/100 {
			t.Errorf("%s: %d and %d were not found again", f, again.never, last.never)
		}
		if last.one <= first.one || last.one < n/8 {
			t.Errorf("%s: one code does for %d, at first for %d", f, last.one, first.one)
		}
		if got := middle(last); got > float64(f.period) || got >= middle(again) {
			t.Errorf("%s: foretold to %.0f s, before to %.0f s", f, got, middle(again))
		}
	}
	var table, same strings.Builder
	if err := write(&table, n, rows); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 2+visits*len(fleets) {
		t.Errorf("%d lines:\n%s", lines, table.String())
	}
	alone, err := fleets[0].play(n, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(&same, n, append([][visits]tally{alone}, rows[1:]...)); err != nil || same.String() != table.String() {
		t.Errorf("the same seed gives another table, %v:\n%s\n%s", err, table.String(), same.String())
	}
}

func middle(t tally) float64 { return slices.Sorted(slices.Values(t.errors))[len(t.errors)/2] }

func TestShare(t *testing.T) {
	if got := (tally{one: 1, two: 2, never: 1}); got.share(got.one) != "25.00 %" || (tally{}).share(0) != "0.00 %" {
		t.Errorf("%s", got.share(got.one))
	}
}
