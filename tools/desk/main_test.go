package main

import (
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	all := []time.Duration{5, 1, 4, 2, 3}
	for percent, want := range map[int]time.Duration{50: 3, 99: 5, 100: 5, 1: 1} {
		if got := quantile(all, percent); got != want {
			t.Errorf("%d of a hundred: %d", percent, got)
		}
	}
	if quantile(nil, 50) != 0 {
		t.Error("no waits")
	}
}

// The desk works beside an import, a rotation and a backup, and all come to their end.
func TestDesk(t *testing.T) {
	d, err := prepare(t.Context(), t.TempDir(), 6000, 5000)
	if err != nil {
		t.Fatal(err)
	}
	all := append([]long{{args: []string{"audit", "verify", "--quiet"}}}, d.longs()...)
	for _, l := range all {
		during, took, err := d.beside(t.Context(), l.args)
		if err != nil || took <= 0 {
			t.Fatal(l.name, took, err)
		}
		s := rows(l, took, during)
		for _, c := range commands {
			if len(during[c]) == 0 || !strings.Contains(s, "| "+c+" | ") {
				t.Errorf("%s, %s: %v\n%s", l.name, c, during[c], s)
			}
		}
	}
}
