package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"fob/tools/seedgen/gen"
)

// loads are imports in other situations than a rising file into an empty store.
type loads struct {
	stock int // tokens of the store that is not empty
	small int // of the file that the time of a token is compared with

	first, again         []usage // the same tokens, then all of them once more in another order
	random, randomPeer   []usage // serials in random order
	stocked, stockedPeer []usage // into a store that is not empty
	little               []usage // the small file
	bad                  []usage // the last record is bad
	sweep                []usage // the import after one that was killed
	alone                []usage // the store with rows that are ready: see storeAlone
}

// path of a file of this measurement.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// prepareLoads writes the files, and a store and a table that hold the stock.
func (b *bench) prepareLoads(ctx context.Context) error {
	stock := gen.Plan{N: b.loads.stock, First: 100_000_000, Serials: 1}
	for name, p := range map[string]gen.Plan{"stock.csv": stock, "small.csv": {N: b.loads.small, Serials: 2600412300001}} {
		if err := writePlan(b.path(name), p, gen.WriteOATHCSV); err != nil {
			return err
		}
	}
	if err := b.writeApart(ctx, "changed"); err != nil {
		return err
	}
	if err := b.fresh(ctx, b.loadAny("stock.csv"), new([]usage)); err != nil {
		return err
	}
	if err := os.Rename(b.store(), b.path("stocked")); err != nil || b.sqlite3 == "" {
		return err
	}
	if err := b.time(new([]usage), b.peerOf(ctx, "stock.csv")); err != nil {
		return err
	}
	return os.Rename(b.path("peer.db"), b.path("stocked.db"))
}

// writeChanged makes a shuffled seed file, and one whose last record is bad.
func (b *bench) writeChanged() error {
	text, err := os.ReadFile(b.seeds)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.path("bad.csv"), append(bytes.Clone(text), "BAD1,no seed,totp,6,30\n"...), 0o600); err != nil {
		return err
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines = lines[:len(lines)-1]
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	file, err := os.Create(b.path("shuffled.csv"))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for _, line := range lines {
		w.Write(line) // Flush tells the error
	}
	return errors.Join(w.Flush(), file.Close())
}

func (b *bench) loadAny(name string) func(context.Context) []*exec.Cmd {
	return func(ctx context.Context) []*exec.Cmd {
		return []*exec.Cmd{b.fob.Command(ctx, "import", "--quiet", b.path(name))}
	}
}

// loadRun takes every situation once, each beside the shell's where there is one.
func (b *bench) loadRun(ctx context.Context, i int) error {
	l := &b.loads
	b.progress("imports in other situations %d of %d", i+1, b.runs)
	for _, step := range []func() error{
		func() error { return b.fresh(ctx, b.loadAny("small.csv"), &l.little) },
		func() error { return b.fresh(ctx, b.loadAny("seeds.csv"), &l.first) },
		func() error { return b.time(&l.again, b.loadAny("shuffled.csv")(ctx)...) },
		func() error { return b.fresh(ctx, b.loadAny("shuffled.csv"), &l.random) },
		func() error { return b.peerTime(ctx, &l.randomPeer, "shuffled.csv", "") },
		func() error { return b.intoStock(ctx) },
		func() error { return b.peerTime(ctx, &l.stockedPeer, "seeds.csv", b.path("stocked.db")) },
		func() error { return b.refused(ctx) },
		func() error { return b.killed(ctx) },
		func() error { return b.alone(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// intoStock loads the seed file into a copy of the store with the stock.
func (b *bench) intoStock(ctx context.Context) error {
	if err := os.RemoveAll(b.store()); err != nil {
		return err
	}
	if err := os.CopyFS(b.store(), os.DirFS(b.path("stocked"))); err != nil {
		return err
	}
	for _, name := range []string{"data/fob.db", "keys/identity.txt"} { // CopyFS gives files to everybody
		if err := os.Chmod(filepath.Join(b.store(), name), 0o600); err != nil {
			return err
		}
	}
	return b.time(&b.loads.stocked, b.loadAny("seeds.csv")(ctx)...)
}

// peerTime times the shell with a file, into a new table or into a copy of one.
func (b *bench) peerTime(ctx context.Context, to *[]usage, file, from string) error {
	if b.sqlite3 == "" {
		return nil
	}
	cmd := b.peerOf(ctx, file)
	if from != "" {
		if err := copyFile(b.path("peer.db"), from); err != nil {
			return err
		}
	}
	return b.time(to, cmd)
}

// copyFile copies a file bit by bit: see writeApart.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// peerOf is the shell with a file of rows; the table is made where there is none.
func (b *bench) peerOf(ctx context.Context, file string) *exec.Cmd {
	cmd := b.peer(ctx)
	cmd.Stdin = strings.NewReader(strings.NewReplacer("seeds.csv", file, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS").Replace(peerScript))
	return cmd
}

// refused loads the file with the bad record; that it is refused is no failure.
func (b *bench) refused(ctx context.Context) error {
	var took []usage
	err := b.fresh(ctx, b.loadAny("bad.csv"), &took)
	const refused = 3
	if exited := (*exec.ExitError)(nil); errors.As(err, &exited) && exited.ExitCode() == refused {
		b.loads.bad = append(b.loads.bad, took...)
		return nil
	}
	return fmt.Errorf("a file with a bad record was not refused: %v", err)
}

// killed breaks an import off when most of it is loaded, and times the next one,
// which clears it away and brings a single token.
func (b *bench) killed(ctx context.Context) error {
	if err := os.RemoveAll(b.store()); err != nil {
		return err
	}
	if out, err := b.fob.Command(ctx, "init").CombinedOutput(); err != nil {
		return fmt.Errorf("fob init: %w\n%s", err, out)
	}
	cmd := b.loadAny("seeds.csv")(ctx)[0]
	if err := cmd.Start(); err != nil {
		return err
	}
	time.Sleep(time.Duration(0.9 * median(b.loads.first, seconds) * float64(time.Second)))
	_ = cmd.Process.Kill() // it may have ended this moment
	_ = cmd.Wait()
	if err := writePlan(b.path("one.csv"), gen.Plan{N: 1, First: 300_000_000, Serials: 1}, gen.WriteOATHCSV); err != nil {
		return err
	}
	return b.time(&b.loads.sweep, b.loadAny("one.csv")(ctx)...)
}

func (b *bench) reportLoads(s *strings.Builder) {
	l := b.loads
	fmt.Fprintf(s, "\n| imports of %s tokens, medians | seconds | beside | ratio | peak memory |\n|---|---|---|---|---|\n", thousands(float64(b.n)))
	row := func(name string, took []usage, beside string, other float64) {
		t := median(took, seconds)
		fmt.Fprintf(s, "| %s | %.2f | %s %.2f | %.2f | %s MB |\n", name, t, beside, other, t/max(other, 1e-9), thousands(memory(took)))
	}
	row("into an empty store", b.imports, "sqlite3", median(b.peers, seconds))
	fmt.Fprintf(s, "| of that, the store with rows that are read, judged and sealed already | %.2f | sqlite3 %.2f | %.2f | |\n",
		median(l.alone, seconds), median(b.peers, seconds), median(l.alone, seconds)/max(median(b.peers, seconds), 1e-9))
	row(fmt.Sprintf("into a store of %s", thousands(float64(l.stock))), l.stocked, "sqlite3", median(l.stockedPeer, seconds))
	row("serials in random order", l.random, "sqlite3", median(l.randomPeer, seconds))
	row("the same again, shuffled: all unchanged", l.again, "the first time", median(l.first, seconds))
	row("the last record is bad: nothing is stored", l.bad, "stored whole", median(l.first, seconds))
	row("clearing away after a kill at 90 %", l.sweep, "stored whole", median(l.first, seconds))
	perToken := median(l.little, seconds) / float64(l.small) * float64(b.n)
	row("time of a token", l.first, fmt.Sprintf("at the rate of %s tokens", thousands(float64(l.small))), perToken)
}
