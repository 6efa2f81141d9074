// Command demo shows a working session: it builds fob, gives it an empty home,
// and plays operations, support and audit with the seed files of testdata. Each
// command is printed as a person would type it, followed by what it really
// prints. It leaves the auditor's workbook behind.
//
//	go run ./tools/demo -out build/demo
//
// It fails when a command does not end with the exit code that it should. The
// session in README.md is compared with it by a test.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

func main() {
	out := flag.String("out", filepath.Join("build", "demo"), "folder for the workbook")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *out); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run plays the session in a temporary folder. Where w is a terminal the
// commands talk to it themselves, and show what they show people.
func run(ctx context.Context, w io.Writer, out string) error {
	tmp, err := os.MkdirTemp("", "fob-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	d, err := prepare(ctx, w, tmp)
	if err != nil {
		return err
	}
	if err := d.play(ctx, session()); err != nil {
		return err
	}
	workbook := filepath.Join(out, "inventory.xlsx")
	if err := copyFile(filepath.Join(d.dir, "inventory.xlsx"), workbook); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n# The workbook is %s.\n", workbook)
	return nil
}

// prepare builds the program and lays out a home and the delivered files.
func prepare(ctx context.Context, w io.Writer, tmp string) (*desk, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	d := &desk{out: w, bin: filepath.Join(tmp, "fob"), dir: filepath.Join(tmp, "desk")}
	if runtime.GOOS == "windows" {
		d.bin += ".exe"
	}
	home := filepath.Join(tmp, "home")
	d.env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=" + os.Getenv("TERM"), "TMPDIR=" + tmp}
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"delivery.csv", "hotp.csv"} {
		if err := copyFile(filepath.Join(root, "testdata", "seedfiles", name), filepath.Join(d.dir, name)); err != nil {
			return nil, err
		}
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", d.bin, "./cmd/fob")
	build.Dir, build.Stdout, build.Stderr = root, os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	return d, nil
}

func moduleRoot(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
