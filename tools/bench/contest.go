package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"fob/tools/seedgen/gen"
)

// contest is two imports of the same tokens, timed in turn.
type contest struct {
	name    string
	missing string // the program that it needs and how to have it; empty when it is there

	one, other         func(context.Context) []*exec.Cmd // pipelines that end in fob
	tookOne, tookOther []usage
}

// keyFile has the key of the encrypted files; it lies beside them.
const keyFile = "key.hex"

// formats are the files that are timed beside OATH CSV, with the flags for what
// they do not say.
var formats = []struct {
	name  string
	write func(io.Writer, gen.Plan) error
	flags []string
}{
	{"hex-csv", gen.WriteHexCSV, []string{"--format", "hex-csv", "--type", "totp", "--digits", "6", "--period", "30", "--hash", "sha1"}},
	{"entra", gen.WriteEntra, []string{"--digits", "6", "--hash", "sha1"}},
	{"pskc", gen.WritePSKC, nil},
	{"pskc-aes", gen.WritePSKCEncrypted, []string{"--key-file", keyFile}},
	{"serial-seed", gen.WriteSerialSeed, []string{"--format", "serial-seed", "--type", "totp", "--digits", "6", "--period", "30", "--hash", "sha1"}},
}

// prepareFormats writes the file of every format.
func (b *bench) prepareFormats() error {
	if err := os.WriteFile(filepath.Join(b.dir, keyFile), []byte(gen.PSKCKey()), 0o600); err != nil {
		return err
	}
	for _, f := range formats {
		path := filepath.Join(b.dir, f.name+".txt")
		if err := b.write(path, f.write); err != nil {
			return err
		}
		flags := slices.Clone(f.flags)
		if i := slices.Index(flags, keyFile); i >= 0 {
			flags[i] = filepath.Join(b.dir, keyFile)
		}
		b.formats = append(b.formats, &contest{name: f.name, one: b.load(path, flags...), other: b.load(b.seeds)})
	}
	return nil
}

func (b *bench) write(path string, as func(io.Writer, gen.Plan) error) error {
	return writePlan(path, b.plan, as)
}

func writePlan(path string, p gen.Plan, as func(io.Writer, gen.Plan) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := as(file, p); err != nil {
		file.Close() // the error of the writer says more
		return err
	}
	return file.Close()
}

// load imports a file that must have all tokens.
func (b *bench) load(file string, flags ...string) func(context.Context) []*exec.Cmd {
	args := append([]string{"import", file, "--expect", fmt.Sprint(b.n)}, flags...)
	return func(ctx context.Context) []*exec.Cmd { return []*exec.Cmd{b.fob.Command(ctx, args...)} }
}

// contests times every pair; who begins changes from run to run.
func (b *bench) contests(ctx context.Context, i int) error {
	for _, c := range slices.Concat(b.formats, b.wrapped, b.sheets) {
		if c.missing != "" {
			continue
		}
		b.progress("%s %d of %d", c.name, i+1, b.runs)
		turns := []func() error{
			func() error { return b.fresh(ctx, c.one, &c.tookOne) },
			func() error { return b.fresh(ctx, c.other, &c.tookOther) },
		}
		for j := range turns {
			if err := turns[(i+j)%2](); err != nil {
				return err
			}
		}
	}
	return nil
}

// fresh times an import into a new store.
func (b *bench) fresh(ctx context.Context, load func(context.Context) []*exec.Cmd, to *[]usage) error {
	if err := os.RemoveAll(b.store()); err != nil {
		return err
	}
	if out, err := b.fob.Command(ctx, "init").CombinedOutput(); err != nil {
		return fmt.Errorf("fob init: %w\n%s", err, out)
	}
	return b.time(to, load(ctx)...)
}

// missing is what could not be compared for want of a program.
func (b *bench) missing() (all []string) {
	if b.sqlite3 == "" {
		all = append(all, "sqlite3 is missing: apt-get install sqlite3")
	}
	for _, c := range b.wrapped {
		if c.missing != "" {
			all = append(all, c.missing)
		}
	}
	return all
}
