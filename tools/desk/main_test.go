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

// The desk works beside an import, and both come to their end.
func TestDesk(t *testing.T) {
	d, err := prepare(t.Context(), t.TempDir(), 6000, 5000)
	if err != nil {
		t.Fatal(err)
	}
	before, err := d.work(t.Context(), func(calls int) bool { return calls < 1 })
	if err != nil {
		t.Fatal(err)
	}
	during, took, err := d.beside(t.Context())
	if err != nil || took <= 0 {
		t.Fatal(took, err)
	}
	s := report(6000, took, before, during)
	for _, c := range commands {
		if len(before[c]) != 1 || len(during[c]) == 0 || !strings.Contains(s, "| "+c+" | ") {
			t.Errorf("%s: %v %v\n%s", c, before[c], during[c], s)
		}
	}
}
