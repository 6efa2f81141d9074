package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// scale times what reads or writes many tokens at once, or few among many.
func (b *bench) scale(ctx context.Context, i int) error {
	b.progress("reading, identifying and binding many %d of %d", i+1, b.runs)
	t := b.plan.Token(uint64(i * (b.n / b.runs)))
	prefix := t.Serial[:len(t.Serial)-4]
	for _, c := range []struct {
		to   *[]usage
		args []string
	}{
		{&b.page, []string{"list", "--limit", "50", "--after", t.Serial}},
		{&b.prefix, []string{"list", prefix, "--limit", "50"}},
		{&b.complete, []string{"__complete", "show", prefix}},
	} {
		if err := b.time(c.to, b.fob.Command(ctx, c.args...)); err != nil {
			return err
		}
	}
	if err := b.identify(ctx, t); err != nil {
		return err
	}
	return b.bindMany(ctx, i)
}

// shows returns the two codes in a row that a token shows now.
func shows(t gen.Token) (codes [2]string, err error) {
	step := otp.StepAt(t.Params, time.Now(), 0)
	for i := range codes {
		if codes[i], err = otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), step+int64(i)); err != nil {
			return codes, err
		}
	}
	return codes, nil
}

func (b *bench) identify(ctx context.Context, t gen.Token) error {
	codes, err := shows(t)
	if err != nil {
		return err
	}
	return b.time(&b.identified, b.fob.Command(ctx, "identify", "--code", codes[0], "--code", codes[1]))
}

// many is how many tokens a file binds: each run takes others.
func (b *bench) many() int { return min(b.binds, b.n/(2*max(b.runs, 1))) }

// bindMany binds the tokens of a file that nobody has yet, each by two codes.
func (b *bench) bindMany(ctx context.Context, i int) error {
	path := filepath.Join(b.dir, "bind.csv")
	if err := b.writeBindings(path, i); err != nil {
		return err
	}
	return b.time(&b.bound, b.fob.Command(ctx, "bind", "--from", path))
}

func (b *bench) writeBindings(path string, i int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	_, _ = out.WriteString("serial,account,code1,code2,read_at\n") // Flush tells of the error
	readAt := time.Now().UTC().Format(time.RFC3339)
	for n, at := 0, i*(b.n/b.runs); n < b.many(); at++ {
		if at%(b.n/(3*b.runs)) == 0 {
			continue // the desk has bound that one
		}
		t := b.plan.Token(uint64(at))
		codes, err := shows(t)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s,person%d@example.com,%s,%s,%s\n", t.Serial, at, codes[0], codes[1], readAt)
		n++
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// scaled are the rows of what scale timed.
func (b *bench) scaled(s *strings.Builder) {
	for _, c := range []struct {
		name string
		took []usage
	}{
		{"`list --limit 50 --after SERIAL`, the whole process", b.page},
		{"`list PREFIX --limit 50`, the whole process", b.prefix},
		{"completion of a serial, the whole process", b.complete},
	} {
		fmt.Fprintf(s, "| %s | %.0f ms | | |\n", c.name, 1000*median(c.took, seconds))
	}
	cpu := func(u usage) float64 { return u.cpu }
	fmt.Fprintf(s, "| `identify` among all, the whole process (CPU, peak memory) | %.1f s (%.1f s, %s MB) | | |\n",
		median(b.identified, seconds), median(b.identified, cpu), thousands(memory(b.identified)))
	fmt.Fprintf(s, "| `bind --from`, %s tokens by two codes (CPU, peak memory) | %.1f s (%.1f s, %s MB) | | |\n",
		thousands(float64(b.many())), median(b.bound, seconds), median(b.bound, cpu), thousands(memory(b.bound)))
}
