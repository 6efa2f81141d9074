package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// passphrase of the wrapped files, which hold synthetic seeds. The programs
// beside fob may get it on their command line; fob reads it from a file.
const passphrase = "bench: of no use for anything"

// wrapper is an outside program that wraps the seed file and, as the other side
// of the contest, unwraps it into fob's standard input.
type wrapper struct {
	name, program, install, file string

	wrap   func(from, to, passphraseFile string) []string
	unwrap func(from, passphraseFile string) []string
}

var wrappers = []wrapper{
	{
		"ZIP with AES-256, beside `7z x -so … | fob import -`", "7z", "apt-get install p7zip-full", "seeds.zip",
		func(from, to, _ string) []string {
			return []string{"a", "-bd", "-tzip", "-mem=AES256", "-p" + passphrase, to, from}
		},
		func(from, _ string) []string { return []string{"x", "-so", "-p" + passphrase, from} },
	},
	{
		"OpenPGP with a passphrase, beside `gpg -d … | fob import -`", "gpg", "apt-get install gnupg", "seeds.gpg",
		func(from, to, secret string) []string {
			return gpgArgs(secret, "--symmetric", "--output", to, from)
		},
		func(from, secret string) []string { return gpgArgs(secret, "--decrypt", from) },
	},
}

// gpgArgs keeps gpg from asking.
func gpgArgs(secret string, args ...string) []string {
	return append([]string{"--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-file", secret}, args...)
}

// prepareWrapped wraps the seed file in every way that there is a program for.
func (b *bench) prepareWrapped(ctx context.Context) error {
	secret := filepath.Join(b.dir, "passphrase.txt")
	if err := os.WriteFile(secret, []byte(passphrase+"\n"), 0o600); err != nil {
		return err
	}
	for _, w := range wrappers {
		c, err := b.wrap(ctx, w, secret)
		if err != nil {
			return err
		}
		b.wrapped = append(b.wrapped, c)
	}
	return nil
}

func (b *bench) wrap(ctx context.Context, w wrapper, secret string) (*contest, error) {
	path, err := exec.LookPath(w.program)
	if err != nil {
		return &contest{name: w.name, missing: w.program + " is missing: " + w.install}, nil
	}
	outside := func(ctx context.Context, args []string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env = append(os.Environ(), "GNUPGHOME="+b.gnupg)
		return cmd
	}
	file := filepath.Join(b.dir, w.file)
	if out, err := outside(ctx, w.wrap(b.seeds, file, secret)).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", w.program, err, out)
	}
	piped := b.load("-")
	return &contest{
		name: w.name,
		one:  b.load(file, "--passphrase-file", secret),
		other: func(ctx context.Context) []*exec.Cmd {
			return append([]*exec.Cmd{outside(ctx, w.unwrap(file, secret))}, piped(ctx)...)
		},
	}, nil
}

// gnupgHome makes a home for gpg that is gone with the run, outside of -dir
// because the path of its agent's socket must be short.
func (b *bench) gnupgHome() (remove func(), err error) {
	if b.gnupg, err = os.MkdirTemp("", "fob-bench-gnupg-"); err != nil {
		return nil, err
	}
	return func() {
		exec.Command("gpgconf", "--homedir", b.gnupg, "--kill", "all").Run() // without gpgconf there is no agent
		os.RemoveAll(b.gnupg)
	}, nil
}
