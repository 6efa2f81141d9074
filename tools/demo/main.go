// Command demo shows a working session: it builds fob, gives it an empty home,
// and plays operations, support and audit with the seed files of testdata. Each
// command is printed as a person would type it, followed by what it really
// prints. It leaves the auditor's workbooks behind.
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
	"os/signal"
	"path/filepath"
	"syscall"

	"fob/tools/program"
)

func main() {
	out := flag.String("out", filepath.Join("build", "demo"), "folder for the workbooks")
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
	if err := d.leave(out); err != nil {
		return err
	}
	return goOn(w, out)
}

// prepare builds the program and lays out the delivered files.
func prepare(ctx context.Context, w io.Writer, tmp string) (*desk, error) {
	fob, err := program.Build(ctx, tmp)
	if err != nil {
		return nil, err
	}
	d := &desk{out: w, program: fob, dir: filepath.Join(tmp, "desk")}
	if d.gateway, err = newGateway(); err != nil {
		return nil, err
	}
	for _, name := range []string{"delivery.csv", "hotp.csv"} {
		if err := copyFile(filepath.Join(fob.Root, "testdata", "seedfiles", name), filepath.Join(d.dir, name)); err != nil {
			return nil, err
		}
	}
	beside := files()
	beside["recipients.txt"] = d.gateway.recipients()
	for name, text := range beside {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return d, nil
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
