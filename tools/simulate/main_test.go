package main

import (
	"strings"
	"testing"
)

// A small fleet keeps to what README.md says of large ones: nearly every token is
// accepted in three tries, one code does for most calls, and the first drift predicts
// the clock a year later to a half of what it was missed by before.
func TestFleetsKeepTheirLimits(t *testing.T) {
	const n = 120
	rows, err := simulate(n, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fleets {
		for s, stage := range stages {
			now, before := rows[i][0][s], rows[i][1][s]
			if now.never > n/50+1 || now.total() < n-3 {
				t.Errorf("%s, %s: %d of %d were not accepted", f, stage.name, now.never, now.total())
			}
			if now.one+2 < before.one || now.seconds > 1.1*before.seconds {
				t.Errorf("%s, %s: one code did for %d, before for %d; %s on the phone, before %s", f, stage.name, now.one, before.one, now.phone(), before.phone())
			}
			if got, was := now.missed(0.5), before.missed(0.5); stage.after == year && (got > 100 || got > 0.6*was) {
				t.Errorf("%s, %s: predicted to %.0f s, before to %.0f s", f, stage.name, got, was)
			}
		}
		young, old, later := rows[i][0][0], rows[i][0][1], rows[i][0][4]
		if young.one < 3*n/4 || old.one < n/5 || later.one < 9*n/10 {
			t.Errorf("%s: one code does for %d, of old stock for %d, a year later for %d", f, young.one, old.one, later.one)
		}
	}
	var table, same strings.Builder
	if err := write(&table, n, rows); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(table.String(), "\n"); lines != 2+len(stages)*len(fleets) {
		t.Errorf("%d lines:\n%s", lines, table.String())
	}
	alone, err := fleets[0].play(n, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(&same, n, append([][2][]tally{alone}, rows[1:]...)); err != nil || same.String() != table.String() {
		t.Errorf("the same seed gives another table, %v:\n%s\n%s", err, table.String(), same.String())
	}
}

func TestShare(t *testing.T) {
	if got := (tally{one: 1, two: 2, never: 1}); got.share(got.one) != "25.0 %" || (tally{}).share(0) != "0.0 %" {
		t.Errorf("%s", got.share(got.one))
	}
}
