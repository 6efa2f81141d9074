package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for want, all := range map[float64][]usage{
		0:   nil,
		2:   {{seconds: 9}, {seconds: 1}, {seconds: 2}},
		2.5: {{seconds: 9}, {seconds: 1}, {seconds: 2}, {seconds: 3}},
	} {
		if got := median(all, seconds); got != want {
			t.Errorf("%v: %v", all, got)
		}
	}
}

func TestThousands(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 999.4: "999", 1000: "1,000", 104316: "104,316", 1234567: "1,234,567"} {
		if got := thousands(f); got != want {
			t.Errorf("%v: %s", f, got)
		}
	}
}

func TestReportSaysWhatIsMissing(t *testing.T) {
	b := bench{n: 1000, runs: 1, imports: []usage{{0.5, 0.4, 20}}, peers: []usage{{0.25, 0.1, 10}}}
	if s := b.report("a machine"); !strings.Contains(s, "| 2,000 | 4,000 | 0.50 |") || !strings.Contains(s, "| 400 ms | 100 ms | 4.00 |") || !strings.Contains(s, "| 20 MB | 10 MB | 2.00 |") {
		t.Error(s)
	}
	b.peers = nil
	if s := b.report("a machine"); !strings.Contains(s, "| 2,000 | not measured | |") {
		t.Error(s)
	}
}

func TestField(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpuinfo")
	if err := os.WriteFile(file, []byte("processor\t: 0\nmodel name\t: A 1: B\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := field(file, "model name", ":"); got != "A 1: B" {
		t.Errorf("%q", got)
	}
	if got := field(file+"-missing", "model name", ":"); got != "" {
		t.Errorf("%q", got)
	}
}
