package app_test

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/token"
)

const killedVar = "FOB_TEST_KILLED_INIT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedVar); dir != "" {
		app.OnStep(func(name string) {
			if name == os.Args[1] {
				os.Exit(137) // as a kill: nothing is cleaned up
			}
		})
		if _, err := inFolder(dir).Init(bg, app.Founding{}); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func inFolder(dir string) app.Config {
	return app.Config{DB: filepath.Join(dir, "data", "fob.db"), Identity: filepath.Join(dir, "keys", "identity.txt"), Now: time.Now,
		Random: rand.Reader, Operator: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}, Host: "desk"}
}

// killed runs an init that ends at a step.
func killed(t *testing.T, dir, at string, want int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], at)
	cmd.Env = append(os.Environ(), killedVar+"="+dir)
	err := cmd.Run()
	var exited *exec.ExitError
	if got := 0; errors.As(err, &exited) {
		if got = exited.ExitCode(); got != want {
			t.Fatalf("init ended at %q with %d", at, got)
		}
	} else if err != nil || want != 0 {
		t.Fatalf("init was not killed at %q: %v", at, err)
	}
}

// An init that was killed at any step is finished or begun anew by the next one, and
// the store it leaves opens with the keys that it leaves.
func TestKilledInit(t *testing.T) {
	whole := []string{"store built", "identity.txt linked", "identity.txt placed", "checkpoint.key linked", "checkpoint.key placed", "store placed"}
	for _, at := range append([]string{"identity made", "checkpoint key made"}, whole...) {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			killed(t, dir, at, 137)
			c := inFolder(dir)
			kept, err := os.ReadFile(c.Identity) // of a store that may have its place already
			had := err == nil
			res, err := c.Init(bg, app.Founding{})
			if at == "store placed" { // all was done, but nobody was told
				if fault.KindOf(err) != fault.NotAllowed {
					t.Errorf("%v", err)
				}
			} else if err != nil || res.Resumed != slices.Contains(whole, at) || res.Identity == nil || len(res.Custodians) != 1 {
				t.Fatalf("%+v, %v", res, err)
			}
			now, err := os.ReadFile(c.Identity)
			if err != nil || had && string(now) != string(kept) {
				t.Errorf("the identity is another one; %v", err)
			}
			d, done, err := c.Desk(bg)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			if _, err := d.Keys(bg); err != nil {
				t.Errorf("the keys do not open: %v", err)
			}
			for folder, want := range map[string][]string{"keys": {"checkpoint.key", "identity.txt"}, "data": {"fob.db", "fob.db-shm", "fob.db-wal"}} {
				var got []string
				entries, err := os.ReadDir(filepath.Join(dir, folder))
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					got = append(got, e.Name())
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s has %q", folder, got)
				}
			}
			if _, err := c.Init(bg, app.Founding{}); fault.KindOf(err) != fault.NotAllowed {
				t.Errorf("a third init: %v", err)
			}
		})
	}
}

// What a killed init left for other custodians is not taken for what is asked now.
func TestKilledInitForOthers(t *testing.T) {
	dir := t.TempDir()
	killed(t, dir, "store built", 137)
	other := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0qCL9PqLKOxCHbUOSMgCRuoyuFAIIJPmqnb1ASSvtL"
	res, err := inFolder(dir).Init(bg, app.Founding{Recipients: []string{other}})
	if err != nil || res.Resumed || len(res.Custodians) != 2 {
		t.Errorf("%+v, %v", res, err)
	}
}

// Keys that a store has, wherever that is, are never removed.
func TestInitKeepsKeys(t *testing.T) {
	dir := t.TempDir()
	killed(t, dir, "store placed", 137)
	c := inFolder(dir)
	moved := filepath.Join(dir, "data", "moved.db")
	if err := os.Rename(c.DB, moved); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Init(bg, app.Founding{}); fault.KindOf(err) != fault.NotAllowed {
		t.Errorf("%v", err)
	}
	c.DB = moved
	d, done, err := c.Desk(bg)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := d.Keys(bg); err != nil {
		t.Error(err)
	}
}
