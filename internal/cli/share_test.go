package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/internal/cli/term"
	"fob/tools/seedgen/gen"
)

// 64 processes, each with a token of its own, want it for one account that may
// have three: three get one, the others are told what it has, and the trail
// holds.
func TestShareAmongProcesses(t *testing.T) {
	const processes, share = 64, 3
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	now, err := time.Parse(time.RFC3339, startTime)
	if err != nil {
		t.Fatal(err)
	}
	// The test's own binary is the program when it is called so: see TestMain.
	fob := func(args ...string) (int, string) {
		cmd := exec.Cmd{Path: exe, Args: append([]string{"fob"}, args...), Env: []string{"HOME=" + home, clockVar + "=" + startTime}}
		out, err := cmd.CombinedOutput()
		var exited *exec.ExitError
		if err != nil && !errors.As(err, &exited) {
			t.Error(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	file := filepath.Join(home, "delivery.csv")
	delivery := seedFile(gen.Plan{N: processes, Serials: 2600412600001})
	if err := os.WriteFile(file, delivery, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init"}, {"import", file}, {"policy", "set", "tokens-per-account=3", "--approved-by", "Eva Brandt"}} {
		if exit, out := fob(args...); exit != term.ExitDone {
			t.Fatalf("%q: %d\n%s", args, exit, out)
		}
	}
	exits := make([]int, processes)
	outs := make([]string, processes)
	var wg sync.WaitGroup
	for i, k := range parseKnown(delivery) {
		wg.Go(func() {
			exits[i], outs[i] = fob("bind", k.serial, "anna", "--code", k.shows(now.Unix()/int64(k.moving)))
		})
	}
	wg.Wait()
	bound := 0
	for i, exit := range exits {
		switch {
		case exit == term.ExitDone:
			bound++
		case exit != term.ExitNotAllowed || !strings.Contains(outs[i], "anna has 3 tokens, and the policy allows 3 an account"):
			t.Errorf("process %d: exit %d\n%s", i, exit, outs[i])
		}
	}
	if _, out := fob("list", "--account", "anna"); bound != share || bytes.Count([]byte(out), []byte("\n")) != share {
		t.Errorf("%d were bound:\n%s", bound, out)
	}
	if exit, out := fob("audit", "verify"); exit != term.ExitDone {
		t.Errorf("verify: %d\n%s", exit, out)
	}
}
