package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/internal/cli/term"
)

// interrupter ends the run as soon as it is written to, as Ctrl-C by somebody
// who reads along.
type interrupter struct {
	strings.Builder
	stop func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	i.stop()
	return i.Builder.Write(p)
}

// TestBulkInterrupted: what was answered stays and is named, the rest is in the
// result file as not tried.
func TestBulkInterrupted(t *testing.T) {
	p := newProgram(t)
	dir := t.TempDir()
	plan := deliveryPlan
	plan.N = 200
	file, rows, result := filepath.Join(dir, "d.csv"), filepath.Join(dir, "rows.csv"), filepath.Join(dir, "result.csv")
	text := "serial,account\n"
	for i, k := range parseKnown(seedFile(plan)) {
		text += fmt.Sprintf("%s,user%d\n", k.serial, i)
	}
	for path, data := range map[string][]byte{file: seedFile(plan), rows: []byte(text)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.must(t, "init")
	p.must(t, "import", file)
	ctx, cancel := context.WithCancel(context.Background())
	var out interrupter
	var errs strings.Builder
	out.stop = cancel
	exit := Run(ctx, Process{Args: []string{"assign", "--from", rows, "--result", result}, Streams: term.Streams{Out: &out, Err: &errs},
		Getenv: func(name string) string { return p.env[name] }, Now: func() time.Time { return p.now }})
	accepted := strings.Count(out.String(), "\taccepted\t")
	want := fmt.Sprintf("interrupted: %d of 200 rows were answered and stay so; from line %d on nothing was tried", accepted, accepted+2)
	if exit != term.ExitInterrupted || accepted == 0 || accepted == 200 || !strings.Contains(errs.String(), want) {
		t.Errorf("exit %d, %d accepted: %s", exit, accepted, errs.String())
	}
	written, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(written), ",not_tried,"); n != 200-accepted || strings.Count(string(written), "\n") != 201 {
		t.Errorf("%d rows were not tried, the result file says %d", 200-accepted, n)
	}
	listed := p.must(t, "list", "--state", "assigned").out
	if n := strings.Count(listed, "\n"); n != accepted {
		t.Errorf("%d rows were answered, %d are assigned", accepted, n)
	}
}
