package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// phone is the support desk of a large store: a fifth of its tokens are of one
// batch and were seen twice, 150 days apart, so that the batch knows how fast its
// clocks run. What is timed is a bind, of a token that was seen and of one that was
// not, and a serial that is not here.
type phone struct {
	*bench
	seen, unseen, misread []usage
}

// seenScript is what the trail would take days to be told: the desk of a benchmark
// writes it into the table.
const seenScript = `PRAGMA synchronous=OFF;
INSERT INTO observation (token_id, batch_id, at, drift, rate, first, rated)
  SELECT id, batch_id, (unixepoch() - 300*86400) * 1000000000, id * 7919 %% 200 - 100.0, NULL, 1, 0 FROM token WHERE id > %[1]d AND id %% 5 > 0;
INSERT INTO observation (token_id, batch_id, at, drift, rate, first, rated)
  SELECT id, batch_id, (unixepoch() - 150*86400) * 1000000000, id * 7919 %% 200 - 220.0 + id * 104729 %% 40, -9.0 + id * 104729 %% 40 / 13.0, 0, 1 FROM token WHERE id > %[1]d AND id %% 5 > 0;
`

func (p *phone) prepareStore(ctx context.Context) error {
	rest := p.n - p.n/5
	for i, plan := range []gen.Plan{{N: rest, Serials: p.plan.Serials}, {N: p.n / 5, First: uint64(rest), Serials: p.plan.Serials}} {
		b, file := *p.bench, filepath.Join(p.dir, fmt.Sprintf("batch%d.csv", i+1))
		b.n, b.plan = plan.N, plan
		if err := b.write(file, gen.WriteOATHCSV); err != nil {
			return err
		}
		if i == 0 {
			var once []usage
			if err := b.fresh(ctx, b.load(file), &once); err != nil {
				return err
			}
			continue
		}
		if out, err := b.load(file)(ctx)[0].CombinedOutput(); err != nil {
			return fmt.Errorf("fob import: %w\n%s", err, out)
		}
	}
	shell := p.peer(ctx)
	shell.Args[len(shell.Args)-1] = filepath.Join(p.store(), "data", "fob.db")
	shell.Stdin = strings.NewReader(fmt.Sprintf(seenScript, rest))
	if out, err := shell.CombinedOutput(); err != nil {
		return fmt.Errorf("sqlite3: %w\n%s", err, out)
	}
	return nil
}

// call times one of each. Of five tokens in a row four were seen.
func (p *phone) call(ctx context.Context, i int) error {
	p.progress("calls %d of %d", i+1, 3*p.runs)
	at := p.n - p.n/5 + 5*(i*(p.n/25)/(3*p.runs))
	for _, c := range []struct {
		token int
		to    *[]usage
	}{{at, &p.seen}, {at + 4, &p.unseen}} {
		t := p.plan.Token(uint64(c.token))
		args := []string{"bind", t.Serial, fmt.Sprintf("user%d@example.com", c.token)}
		step := otp.StepAt(t.Params, time.Now(), 0)
		for n := range int64(2) {
			code, err := otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), step+n)
			if err != nil {
				return err
			}
			args = append(args, "--code", code)
		}
		if err := p.time(c.to, p.fob.Command(ctx, args...)); err != nil {
			return err
		}
	}
	var wrong []usage
	err := p.time(&wrong, p.fob.Command(ctx, "show", "1"+p.plan.Token(uint64(at)).Serial[1:]))
	if err == nil {
		return fmt.Errorf("a serial that is not here was found")
	}
	p.misread = append(p.misread, wrong...)
	return p.time(&p.version, p.fob.Command(ctx, "version"))
}

// runPhone is `-phone`: it needs the sqlite3 shell.
func (b *bench) runPhone(ctx context.Context) (string, error) {
	if b.sqlite3 == "" {
		return "", fmt.Errorf("sqlite3 is missing: apt-get install sqlite3")
	}
	b.n -= b.n % 25 // batches of whole fives
	p := &phone{bench: b}
	if err := p.prepareStore(ctx); err != nil {
		return "", err
	}
	for i := range 3 * b.runs {
		if err := p.call(ctx, i); err != nil {
			return "", err
		}
	}
	return p.table(), nil
}

func (p *phone) table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "| with %s tokens, a fifth of them of one batch and seen twice; medians of the whole process | time | CPU |\n|---|---|---|\n", thousands(float64(p.n)))
	for _, c := range []struct {
		name string
		took []usage
	}{
		{"`bind` of a token that was seen, two codes", p.seen}, {"`bind` of one that was not, in that batch", p.unseen},
		{"a serial that is not here, with what is near", p.misread}, {"`version`: what starting costs", p.version},
	} {
		fmt.Fprintf(&s, "| %s | %.0f ms | %.0f ms |\n", c.name, 1000*median(c.took, seconds), 1000*median(c.took, func(u usage) float64 { return u.cpu }))
	}
	return s.String()
}
