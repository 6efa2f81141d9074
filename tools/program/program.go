// Package program builds fob for the tools that run it as a person would: as a
// process of its own, in a home of its own.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Fob is a built program with the home that it is run in.
type Fob struct {
	Root string // of the module
	Path string
	Env  []string // an empty home, and nothing of the caller's that fob would follow
}

// Build makes fob and an empty home in dir.
func Build(ctx context.Context, dir string) (Fob, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return Fob{}, fmt.Errorf("go env GOMOD: %w", err)
	}
	f := Fob{Root: filepath.Dir(strings.TrimSpace(string(mod))), Path: filepath.Join(dir, "fob")}
	if runtime.GOOS == "windows" {
		f.Path += ".exe"
	}
	home := filepath.Join(dir, "home")
	f.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=" + os.Getenv("TERM"), "TMPDIR=" + dir}
	if err := os.Mkdir(home, 0o700); err != nil {
		return Fob{}, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", f.Path, "./cmd/fob")
	build.Dir, build.Env = f.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return Fob{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return f, nil
}

// Folder makes a folder for the time of a run below parent, which is made where it
// is missing: what is measured lies on that disk. The path is absolute; remove ends
// it.
func Folder(parent, name string) (dir string, remove func(), err error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", nil, err
	}
	if parent, err = filepath.Abs(parent); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(parent, name+"-"); err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Command is one run of fob, not yet started.
func (f Fob) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, f.Path, args...)
	cmd.Env = f.Env
	return cmd
}

// ExitCode is what a finished run ended with; the error is that of a run that
// did not come to an end of its own.
func ExitCode(err error) (int, error) {
	if exited := (*exec.ExitError)(nil); errors.As(err, &exited) && exited.Exited() {
		return exited.ExitCode(), nil
	}
	return 0, err
}
