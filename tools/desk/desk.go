package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/program"
	"fob/tools/seedgen/gen"
)

// desk is a store with some stock, and the file that is to be loaded beside the
// work.
type desk struct {
	fob   program.Fob
	stock gen.Plan
	large string
	bound atomic.Int64 // tokens that were bound so far
}

func prepare(ctx context.Context, dir string, n, stock int) (*desk, error) {
	d := &desk{stock: gen.Plan{N: stock, Serials: 1}, large: filepath.Join(dir, "large.csv")}
	var err error
	if d.fob, err = program.Build(ctx, dir); err != nil {
		return nil, err
	}
	d.fob.Env = append(d.fob.Env, "FOB_DB="+filepath.Join(dir, "data", "fob.db"), "FOB_IDENTITY="+filepath.Join(dir, "keys", "identity.txt"))
	small := filepath.Join(dir, "stock.csv")
	if err := write(small, d.stock); err != nil {
		return nil, err
	}
	if err := write(d.large, gen.Plan{N: n, First: 50_000_000, Serials: 1}); err != nil {
		return nil, err
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"import", "--quiet", small}} {
		if _, err := d.call(ctx, args...); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func write(path string, p gen.Plan) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := gen.WriteOATHCSV(file, p); err != nil {
		file.Close() // the error of the writer says more
		return err
	}
	return file.Close()
}

// call runs one command, which has to end well, and tells how long it took.
func (d *desk) call(ctx context.Context, args ...string) (time.Duration, error) {
	began := time.Now()
	if out, err := d.fob.Command(ctx, args...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("fob %s: %w\n%s", args[0], err, out)
	}
	return time.Since(began), nil
}

// waits are how long the calls of each command took.
type waits map[string][]time.Duration

var commands = []string{"bind", "show", "list"}

// work calls each command again and again, one process for each, as long as on
// says so of the number of calls that it made.
func (d *desk) work(ctx context.Context, on func(calls int) bool) (waits, error) {
	took := make([][]time.Duration, len(commands))
	g, ctx := errgroup.WithContext(ctx)
	for i, command := range commands {
		g.Go(func() error {
			for calls := 0; on(calls); calls++ {
				args, err := d.args(command)
				if err != nil {
					return err
				}
				t, err := d.call(ctx, args...)
				if err != nil {
					return err
				}
				took[i] = append(took[i], t)
			}
			return nil
		})
	}
	err := g.Wait()
	all := waits{}
	for i, command := range commands {
		all[command] = took[i]
	}
	return all, err
}

func (d *desk) args(command string) ([]string, error) {
	switch command {
	case "show":
		return []string{"show", d.stock.Token(0).Serial}, nil
	case "list":
		return []string{"list", "--limit", "50"}, nil
	}
	i := d.bound.Add(1)
	if i >= int64(d.stock.N) {
		return nil, fmt.Errorf("all %d tokens are bound: give more with -stock", d.stock.N)
	}
	t := d.stock.Token(uint64(i))
	code, err := otp.At(t.Params, token.NewSeed(t.Seed), otp.StepAt(t.Params, time.Now(), 0))
	return []string{"bind", t.Serial, fmt.Sprintf("user%d@example.com", i), "--code", code}, err
}

// long is one command that takes seconds, and holds or touches all that there is.
type long struct {
	name string
	args []string
}

// longs are done one after the other: the import brings what the others go over.
func (d *desk) longs() []long {
	return []long{
		{"`import`", []string{"import", "--quiet", d.large}},
		{"`key rotate`", []string{"key", "rotate", "--yes", "--quiet"}},
		{"`backup`", []string{"backup", "--quiet", d.large + ".db"}},
	}
}

// beside does the desk's work as long as a command runs.
func (d *desk) beside(ctx context.Context, args []string) (during waits, took time.Duration, err error) {
	var over atomic.Bool
	var g errgroup.Group
	g.Go(func() (err error) {
		defer over.Store(true)
		took, err = d.call(ctx, args...)
		return err
	})
	during, err = d.work(ctx, func(int) bool { return !over.Load() })
	if ended := g.Wait(); ended != nil {
		err = ended
	}
	return during, took, err
}

const head = "| beside | command | calls | median | p99 | longest |\n|---|---|---|---|---|---|\n"

// rows are the waits beside one command; name is empty where nothing else ran.
func rows(l long, took time.Duration, w waits) string {
	var s strings.Builder
	name := "nothing else"
	if l.name != "" {
		name = fmt.Sprintf("%s, %.1f s", l.name, took.Seconds())
	}
	for _, c := range commands {
		fmt.Fprintf(&s, "| %s | %s | %d |%s\n", name, c, len(w[c]), cells(w[c]))
	}
	return s.String()
}

// cells are median, p99 and longest.
func cells(all []time.Duration) string {
	return fmt.Sprintf(" %s | %s | %s |", ms(quantile(all, 50)), ms(quantile(all, 99)), ms(quantile(all, 100)))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Millisecond)) }

// quantile is the smallest wait that so many of a hundred do not exceed.
func quantile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max((len(sorted)*percent+99)/100, 1)-1]
}
