package admin

import (
	"context"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
)

func newDoctorCmd(r *term.Run) *cobra.Command {
	var withoutKeys, compact bool
	cmd := &cobra.Command{
		Use:  "doctor",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error { return doctor(ctx, r, !withoutKeys, compact) }),
	}
	cmd.Flags().BoolVar(&withoutKeys, "without-keys", false, "skip the checks that need an identity")
	cmd.Flags().BoolVar(&compact, "compact", false, "afterwards return unused room of the file to the system")
	return cmd
}

func doctor(ctx context.Context, r *term.Run, withKeys, compact bool) error {
	bar := r.NewProgress("looking at every page, event and seed")
	var mu sync.Mutex
	checks, err := r.Config().Doctor(ctx, withKeys, func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		bar.Counted(done, all)
	})
	bar.Done()
	if err == nil && compact {
		checks, err = r.Config().Compact(ctx, checks)
	}
	if err != nil {
		return err
	}
	found := 0
	for _, c := range checks {
		found += len(c.Findings)
		for i := range c.Findings {
			f := &c.Findings[i]
			f.Problem, f.Remedy = term.WordedText(f.Problem), term.WordedText(f.Remedy)
		}
	}
	if r.JSON {
		err = r.PrintJSON(doctorJSON{found == 0, checks})
	} else {
		err = printChecks(r, checks)
	}
	if err != nil {
		return err
	}
	if found == 0 {
		sayWell(r, checks)
		return nil
	}
	return fault.Errorf(fault.Integrity, "the store needs care: %s", term.Count(found, "problem"))
}

// sayWell ends what found nothing wrong, with what it did not look at.
func sayWell(r *term.Run, checks []app.Check) {
	if r.JSON {
		return
	}
	var left []string
	for _, c := range checks {
		if c.Outcome == app.NotChecked {
			left = append(left, c.Name)
		}
	}
	if len(left) > 0 {
		r.Remark("Nothing wrong was found; not checked: %s.", strings.Join(left, ", "))
		return
	}
	r.Remark("All is well.")
}

func printChecks(r *term.Run, checks []app.Check) error {
	if r.Streams.OutWidth == 0 {
		return pipeChecks(r, checks)
	}
	for _, c := range checks {
		outcome := strings.ToUpper(strings.ReplaceAll(c.Outcome, "_", " "))
		if c.Outcome == app.Sound {
			outcome = c.Outcome
		}
		r.Say("%-9s %-12s %s", c.Name, outcome, c.Detail)
		for _, f := range c.Findings {
			r.Say("    %s", f.Problem)
			r.Say("      means: %s", f.Meaning)
			if !f.Remedy.IsZero() {
				r.Say("      do:    %s", f.Remedy)
			}
		}
	}
	return nil
}

// pipeChecks returns a row for each check and one for each problem that it found.
func pipeChecks(r *term.Run, checks []app.Check) error {
	t := r.NewTable()
	for _, c := range checks {
		if err := t.Add(c.Name, c.Outcome, c.Detail); err != nil {
			return err
		}
		for _, f := range c.Findings {
			if err := t.Add(c.Name, "finding", f.Problem.String(), f.Meaning, f.Remedy.String()); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}

type doctorJSON struct {
	OK     bool        `json:"ok"`
	Checks []app.Check `json:"checks"`
}
