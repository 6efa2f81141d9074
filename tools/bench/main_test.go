package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

func TestReportOfAgents(t *testing.T) {
	a := agents{bench: &bench{n: 10_000}, number: 50, lasting: time.Minute, beside: 1_000_000, waits: map[string][]time.Duration{"find": {time.Millisecond}}}
	for i := range 100 {
		a.waits["bind"] = append(a.waits["bind"], time.Duration(100-i)*time.Millisecond)
	}
	s := a.table(time.Second, []float64{40, 60, 50})
	for _, want := range []string{
		"| 50 agents, 10,000 tokens, 1m0s, while 1,000,000 tokens load; milliseconds |",
		"| bind, with the page that follows | 100 | 50.0 | 99.0 | 100.0 |\n",
		"took 10.00 ms of CPU for each token", "was 40 MB at first, 50 MB at the end, 60 MB at most",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

func TestReportOfScale(t *testing.T) {
	b := bench{n: 100_000, runs: 5, binds: 20_000, page: []usage{{0.02, 0.01, 20}}, identified: []usage{{2.5, 4.9, 40}}, bound: []usage{{4.5, 5, 50}}, counted: []usage{{1.5, 1.6, 60}}}
	s := b.report("a machine")
	for _, want := range []string{
		"| `list --limit 50 --after SERIAL`, the whole process | 20 ms | | |\n",
		"| `identify` among all, the whole process (CPU, peak memory) | 2.5 s (4.9 s, 40 MB) | | |\n",
		"| `bind --from`, 10,000 tokens by two codes (CPU, peak memory) | 4.5 s (5.0 s, 50 MB) | | |\n",
		"| `stocktake`, 100,000 scans, the whole process (CPU, peak memory) | 1.5 s (1.6 s, 60 MB) | | |\n",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

func TestReportOfContests(t *testing.T) {
	b := bench{n: 1000, sqlite3: "there"}
	b.formats = []*contest{{name: "entra", tookOne: []usage{{0.5, 0.4, 20}}, tookOther: []usage{{0.25, 0.1, 10}}}}
	b.wrapped = []*contest{{name: "ZIP", missing: "7z is missing: apt-get install p7zip-full"}}
	s := b.report("a machine")
	for _, want := range []string{
		"| entra | 2,000 | 4,000 | 2.00 | 400.0 ms | 100.0 ms | 4.00 |\n",
		"| ZIP | 7z is missing: apt-get install p7zip-full | | | | | |\n",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
	if got := b.missing(); len(got) != 1 || !strings.HasPrefix(got[0], "7z") {
		t.Error(got)
	}
}

func TestReportOfPeople(t *testing.T) {
	b := bench{n: 1_000_000, runs: 1, listed: []usage{{5.5, 5, 300}}, reconciled: []usage{{3.25, 3.5, 210}}}
	if s, want := b.report("a machine"), "| `reconcile`, a list of 500,000 people against all tokens (CPU, peak memory) | 3.2 s (3.5 s, 210 MB) | | |\n"; !strings.Contains(s, want) {
		t.Errorf("no %q in\n%s", want, s)
	}
}

func TestWrapWithoutTheProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var b bench
	for _, w := range wrappers {
		if c, err := b.wrap(t.Context(), w, ""); err != nil || !strings.HasPrefix(c.missing, w.program+" is missing: apt-get install ") {
			t.Error(c, err)
		}
	}
}

func TestPipeline(t *testing.T) {
	t.Setenv("BENCH_TEST", "1")
	self := func(role string) *exec.Cmd { return exec.Command(os.Args[0], "-test.run=^TestPart$", role) }
	var b bench
	var took []usage
	if err := b.time(&took, self("write"), self("read")); err != nil || len(took) != 1 || took[0].seconds <= 0 {
		t.Error(took, err)
	}
	if err := b.time(&took, self("write"), self("fail")); err == nil || !strings.Contains(err.Error(), "no appetite") {
		t.Error(err)
	}
}

// TestPart is a process of TestPipeline.
func TestPart(t *testing.T) {
	if os.Getenv("BENCH_TEST") == "" {
		return
	}
	switch os.Args[len(os.Args)-1] {
	case "write":
		fmt.Print(strings.Repeat("a token\n", 100_000)) // more than a pipe holds
	case "read":
		if got, err := io.ReadAll(os.Stdin); err != nil || strings.Count(string(got), "a token\n") != 100_000 {
			t.Error(len(got), err)
		}
	case "fail":
		t.Error("no appetite")
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

func TestReportOfTheAuditor(t *testing.T) {
	b := bench{n: 100_000, runs: 5, auditor: auditor{events: 200_000, verified: []usage{{1.5, 2.5, 90}}, doctored: []usage{{2, 3.5, 95}},
		plain: []usage{{2, 2, 40}}, asOf: []usage{{3, 4, 80}}}, books: books{fob: []usage{{1, 2, 60}}, missing: "libxlsxwriter is missing"}}
	s := b.report("a machine")
	for _, want := range []string{
		"| `audit verify`, a trail of 200,000 events and more (CPU, peak memory) | 1.5 s (2.5 s, 90 MB) | | |\n",
		"| `doctor` of the same store: every seed opened (CPU, peak memory) | 2.0 s (3.5 s, 95 MB) | | |\n",
		"(peak memory) | 3.0 s (80 MB) | 2.0 s | 1.50 |\n",
		"beside the same inventory | 1.00 | libxlsxwriter is missing | | | 60 MB | |\n",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
	b.books.peer = []usage{{2, 2, 30}}
	if s := b.report("a machine"); !strings.Contains(s, "beside the same inventory | 1.00 | 2.00 | 0.50 | 1.00 | 60 MB | 30 MB |\n") {
		t.Error(s)
	}
}

func TestReportOfCustody(t *testing.T) {
	b := bench{n: 1_000_000, runs: 1, custody: custody{imports: []usage{{8, 12, 60}}, hexCSV: []usage{{4, 5, 50}}, rotated: []usage{{16, 20, 70}}}}
	s := b.report("a machine")
	for _, want := range []string{
		"| `provision --for hex-csv`, all tokens (peak memory), beside the import | 4.0 s (50 MB) | 8.0 s | 0.50 |\n",
		"| the same, CPU time for 1,000 tokens | 5.0 ms | 12.0 ms | 0.42 |\n",
		"| `key rotate`, every seed (peak memory), beside the import | 16.0 s (70 MB) | 8.0 s | 2.00 |\n",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

func TestKindsOfColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inventory.csv")
	if err := os.WriteFile(path, []byte("\"serial\",\"batch\",\"t0\",\"issued\"\r\n\"1\"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if kinds, err := kindsIn(path); kinds != "sntb" || err != nil {
		t.Error(kinds, err)
	}
}
