package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// auditor is what an auditor waits for, and the desk's own check of its store, of a
// store with a trail as long as -events says.
type auditor struct {
	events int // wanted

	verified, doctored []usage
	asOf, plain        []usage // exports of one day, and of now
}

// makeTrail gives the store its trail: a third of the events, as far as there are
// tokens in stock, assign them to people, the others move tokens from shelf to shelf.
func (b *bench) makeTrail(ctx context.Context) error {
	b.progress("making a trail of %d events", b.auditor.events)
	left := b.auditor.events
	var rows []string
	for at := 0; at < b.n && 3*len(rows) < b.auditor.events; at++ {
		if b.inStock(at) {
			rows = append(rows, fmt.Sprintf("%s,holder%d@example.com", b.plan.Token(uint64(at)).Serial, at))
		}
	}
	left -= len(rows)
	for part := range slices.Chunk(rows, fileRows) {
		if err := b.withFile(ctx, slices.Insert(slices.Clone(part), 0, "serial,account"), "assign", "--new-account", "--from"); err != nil {
			return err
		}
	}
	for shelf := 2; left > 0; shelf++ {
		for from := 0; from < b.n && left > 0; from += fileRows {
			rows = rows[:0]
			for at := from; at < min(b.n, from+fileRows) && left > 0; at++ {
				rows, left = append(rows, b.plan.Token(uint64(at)).Serial), left-1
			}
			if err := b.withFile(ctx, rows, "move", "--yes", "--new-location", "--to", fmt.Sprintf("Berlin/Shelf %d", 2+shelf%2), "--from"); err != nil {
				return err
			}
		}
	}
	return nil
}

// inStock tells of a token that neither desk nor bindMany has bound.
func (b *bench) inStock(at int) bool {
	return at%max(1, b.n/(3*b.runs)) != 0 && at%(b.n/b.runs) > 2*b.many()
}

// fileRows is how many rows a file has that fob takes at once.
const fileRows = 90_000

// withFile runs fob with a file of such rows as its last argument.
func (b *bench) withFile(ctx context.Context, rows []string, args ...string) error {
	path := b.path("rows.csv")
	if err := os.WriteFile(path, []byte(strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	cmd := b.fob.Command(ctx, append(args, path, "--quiet")...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, said.String())
	}
	return nil
}

// audit times, on the store with its trail, what auditors wait for.
func (b *bench) audit(ctx context.Context, i int) error {
	if i == 0 {
		if err := b.makeTrail(ctx); err != nil {
			return err
		}
	}
	b.progress("auditing %d of %d", i+1, b.runs)
	a := &b.auditor
	now := time.Now().UTC().Truncate(time.Second).Format(time.RFC3339)
	for _, c := range []struct {
		to   *[]usage
		args []string
	}{
		{&a.verified, []string{"audit", "verify", "--quiet"}},
		{&a.doctored, []string{"doctor", "--quiet"}},
		{&a.plain, []string{"export", b.path("now.csv"), "--yes", "--quiet"}},
		{&a.asOf, []string{"export", b.path("then.csv"), "--as-of", now, "--yes", "--quiet"}},
	} {
		if err := b.time(c.to, b.fob.Command(ctx, c.args...)); err != nil {
			return err
		}
	}
	return nil
}

// audited are the rows of what audit timed.
func (b *bench) audited(s *strings.Builder) {
	a, cpu := b.auditor, func(u usage) float64 { return u.cpu }
	for _, c := range []struct {
		name string
		took []usage
	}{
		{fmt.Sprintf("`audit verify`, a trail of %s events and more", thousands(float64(a.events))), a.verified},
		{"`doctor` of the same store: every seed opened", a.doctored},
	} {
		fmt.Fprintf(s, "| %s (CPU, peak memory) | %.1f s (%.1f s, %s MB) | | |\n", c.name, median(c.took, seconds), median(c.took, cpu), thousands(memory(c.took)))
	}
	then, now := median(a.asOf, seconds), median(a.plain, seconds)
	fmt.Fprintf(s, "| `export --as-of` .csv, beside the plain export of the same store (peak memory) | %.1f s (%s MB) | %.1f s | %.2f |\n",
		then, thousands(memory(a.asOf)), now, then/max(now, 1e-9))
}
