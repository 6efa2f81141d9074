package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/program"
	"fob/tools/seedgen/gen"
)

// usage is what one process took.
type usage struct {
	seconds float64
	cpu     float64 // seconds of all cores, which other work on the machine hardly changes
	peakMB  float64 // most resident memory; 0 where the system does not tell
}

// bench is one measurement: what is measured with, and what came out.
type bench struct {
	n, runs int

	fob     program.Fob
	sqlite3 string // path; empty when there is none
	dir     string
	seeds   string // the seed file
	plan    gen.Plan

	imports, peers          []usage // in pairs
	version, bind, show     []usage
	list, workbook, csvfile []usage
}

func (b *bench) prepare(ctx context.Context, dir string) (err error) {
	b.dir, b.seeds = dir, filepath.Join(dir, "seeds.csv")
	b.plan = gen.Plan{N: b.n, Serials: 2600412300001}
	b.sqlite3, _ = exec.LookPath("sqlite3") // without it no comparison
	if b.fob, err = program.Build(ctx, dir); err != nil {
		return err
	}
	b.fob.Env = append(b.fob.Env,
		"FOB_DB="+filepath.Join(b.store(), "data", "fob.db"), "FOB_IDENTITY="+filepath.Join(b.store(), "keys", "identity.txt"))
	file, err := os.Create(b.seeds)
	if err != nil {
		return err
	}
	if err := gen.WriteOATHCSV(file, b.plan); err != nil {
		return err
	}
	return file.Close()
}

func (b *bench) store() string { return filepath.Join(b.dir, "store") }

func (b *bench) measure(ctx context.Context) error {
	for i := range b.runs {
		if err := b.pair(ctx, i); err != nil {
			return err
		}
	}
	// The store of the last import stays for what follows.
	for _, part := range []func(context.Context, int) error{b.desk, b.exports} {
		for i := range b.runs {
			if err := part(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// pair imports the seed file into a new store, and its rows into a new table.
func (b *bench) pair(ctx context.Context, i int) error {
	b.progress("import %d of %d", i+1, b.runs)
	if err := os.RemoveAll(b.store()); err != nil {
		return err
	}
	if out, err := b.fob.Command(ctx, "init").CombinedOutput(); err != nil {
		return fmt.Errorf("fob init: %w\n%s", err, out)
	}
	if err := b.time(b.fob.Command(ctx, "import", b.seeds), &b.imports); err != nil || b.sqlite3 == "" {
		return err
	}
	return b.time(b.peer(ctx), &b.peers)
}

const peerScript = `PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE tokens(serial TEXT NOT NULL UNIQUE, seed TEXT NOT NULL, type TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER NOT NULL);
.mode csv
.import seeds.csv tokens
`

// peer is the sqlite3 shell with the same rows, in one transaction of its own.
func (b *bench) peer(ctx context.Context) *exec.Cmd {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(b.dir, "peer.db"+suffix)) // there is none at first
	}
	cmd := exec.CommandContext(ctx, b.sqlite3, "-bail", "peer.db")
	cmd.Dir, cmd.Stdin = b.dir, strings.NewReader(peerScript)
	return cmd
}

// desk times what support does all day, three times on tokens spread over the
// store.
func (b *bench) desk(ctx context.Context, i int) error {
	b.progress("single commands %d of %d", i+1, b.runs)
	for j := range 3 {
		t := b.plan.Token(uint64((3*i + j) * (b.n / (3 * b.runs))))
		code, err := otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), otp.StepAt(t.Params, time.Now(), 0))
		if err != nil {
			return err
		}
		account := fmt.Sprintf("user%d@example.com", 3*i+j)
		for _, c := range []struct {
			args []string
			to   *[]usage
		}{
			{[]string{"version"}, &b.version},
			{[]string{"bind", t.Serial, account, "--code", code}, &b.bind},
			{[]string{"show", t.Serial}, &b.show},
			{[]string{"list", "--limit", "20"}, &b.list},
		} {
			if err := b.time(b.fob.Command(ctx, c.args...), c.to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) exports(ctx context.Context, i int) error {
	b.progress("exports %d of %d", i+1, b.runs)
	if err := b.time(b.fob.Command(ctx, "export", filepath.Join(b.dir, "inventory.xlsx")), &b.workbook); err != nil {
		return err
	}
	return b.time(b.fob.Command(ctx, "export", filepath.Join(b.dir, "inventory.csv")), &b.csvfile)
}

// time runs one process to its end.
func (b *bench) time(cmd *exec.Cmd, to *[]usage) error {
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out.String())
	}
	p := cmd.ProcessState
	*to = append(*to, usage{time.Since(began).Seconds(), (p.UserTime() + p.SystemTime()).Seconds(), peakMB(p)})
	return nil
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}
