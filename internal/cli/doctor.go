package cli

import (
	"context"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/fault"
)

func newDoctorCmd(r *root) *cobra.Command {
	var withoutKeys bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for everything that can be wrong with a store",
		Long: `Look at the clock, the room on the disk, who may read the files, imports that were
broken off, every page of the database, the trail and what it says of the tables, the
keys, and every single seed: it must open, and be the one that was imported. Each
problem comes with what it means and what to do. Nothing is changed. A pipe gets
tab-separated rows: check, outcome, detail; for each problem that a check found: check,
finding, problem, what it means, what to do.

Checking the seeds needs an identity; --without-keys does without. A trail that was cut
at its end, or rewritten consistently, is found by ` + "`fob audit verify --checkpoint`" + ` alone.`,
		Example: "  fob doctor\n  fob doctor --without-keys --json",
		Args:    exactly(),
		RunE:    r.run(func(ctx context.Context, _ []string) error { return r.doctor(ctx, !withoutKeys) }),
	}
	cmd.Flags().BoolVar(&withoutKeys, "without-keys", false, "leave out what needs an identity")
	return cmd
}

func (r *root) doctor(ctx context.Context, withKeys bool) error {
	bar := r.newProgress("looking at every page, event and seed")
	var mu sync.Mutex
	checks, err := r.config().Doctor(ctx, withKeys, func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		bar.counted(done, all)
	})
	bar.done()
	if err != nil {
		return err
	}
	found := 0
	for _, c := range checks {
		found += len(c.Findings)
	}
	if r.json {
		err = r.printJSON(doctorJSON{found == 0, checks})
	} else {
		err = r.printChecks(checks)
	}
	if err != nil || found == 0 {
		return err
	}
	return fault.Errorf(fault.Integrity, "the store needs care: %s", count(found, "problem"))
}

func (r *root) printChecks(checks []app.Check) error {
	if r.streams.OutWidth == 0 {
		return r.pipeChecks(checks)
	}
	for _, c := range checks {
		outcome := strings.ToUpper(strings.ReplaceAll(c.Outcome, "_", " "))
		if c.Outcome == app.Sound {
			outcome = c.Outcome
		}
		r.say("%-9s %-12s %s", c.Name, outcome, c.Detail)
		for _, f := range c.Findings {
			r.say("    %s", f.Problem)
			r.say("      means: %s", f.Meaning)
			if f.Remedy != "" {
				r.say("      do:    %s", f.Remedy)
			}
		}
	}
	return nil
}

// pipeChecks gives a row for each check and one for each problem that it found.
func (r *root) pipeChecks(checks []app.Check) error {
	t := r.newTable()
	for _, c := range checks {
		if err := t.add(c.Name, c.Outcome, c.Detail); err != nil {
			return err
		}
		for _, f := range c.Findings {
			if err := t.add(c.Name, "finding", f.Problem, f.Meaning, f.Remedy); err != nil {
				return err
			}
		}
	}
	return t.flush()
}
