package program

import (
	"strings"
	"testing"

	_ "fob/internal/cli" // what is built: a change there makes a cached result of this test worthless
)

func TestBuild(t *testing.T) {
	fob, err := Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := fob.Command(t.Context(), "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "fob ") {
		t.Errorf("%q %v", out, err)
	}
	if code, err := ExitCode(fob.Command(t.Context(), "--no-such-flag").Run()); code != 2 || err != nil {
		t.Error(code, err)
	}
	fob.Path += "-missing"
	if _, err := ExitCode(fob.Command(t.Context()).Run()); err == nil {
		t.Error("a program that is missing ended well")
	}
}
