package seeds

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/intake"
	"fob/internal/report/certificate"
	"fob/internal/token"
)

// destroyedJSON is what batch destroy-seeds prints.
type destroyedJSON struct {
	intake.DestroyedSeeds
	Certificate *certificate.Certificate `json:"certificate"` // null: nothing was destroyed
}

func newBatchDestroyCmd(r *term.Run) *cobra.Command {
	var paper term.Certificate
	cmd := newBatchChangeCmd(r, "destroy-seeds N", func(ctx context.Context, in *intake.Intake, o *batchOptions, c intake.BatchChange) (err error) {
		res, err := in.Destroyable(ctx, c)
		if err != nil {
			return err
		}
		if c.DryRun {
			return printDestroyed(r, destroyedJSON{res, nil})
		}
		if res.Tokens > 0 {
			if err := r.Confirm(ctx, *o.yes, fmt.Sprintf("Destroy the seeds of batch %d for good (%s): no code of these tokens can be checked here any more",
				c.Number, inStates(res.States))); err != nil {
				return err
			}
		}
		if err := paper.Open(); err != nil {
			return err
		}
		out := destroyedJSON{}
		out.DestroyedSeeds, err = in.DestroySeeds(ctx, c)
		var made certificate.Certificate
		if err == nil {
			made, err = r.Certify(ctx, certificate.Destroyed{Batch: c.Number}, *out.Erasure)
			out.Certificate = &made
		}
		if err = paper.Finish(r, made, err); err != nil && out.Tokens == 0 {
			return err
		}
		return cmp.Or(err, cmp.Or(printDestroyed(r, out), term.Residue(out.Erasure)))
	})
	term.NeedsApprover(cmd)
	paper.Add(cmd)
	return cmd
}

// inStates lists how many tokens are in which state.
func inStates(states map[token.State]int) string {
	var words []string
	for _, s := range slices.Sorted(maps.Keys(states)) {
		words = append(words, fmt.Sprintf("%d %s", states[s], s))
	}
	return strings.Join(words, ", ")
}

func printDestroyed(r *term.Run, out destroyedJSON) error {
	switch {
	case r.JSON:
		return r.PrintJSON(out)
	case out.DryRun:
		r.Say("Batch %d: the seeds of %s would be destroyed (%s).", out.Batch, term.Count(out.Tokens, "token"), inStates(out.States))
	case out.Tokens == 0:
		r.Say("Batch %d: no seed is left; %s destroyed before.", out.Batch, were(out.Certificate))
	default:
		r.Say("Batch %d: the seeds of %s are destroyed (%s); the tokens stay in the inventory.", out.Batch, term.Count(out.Tokens, "token"), inStates(out.States))
		if out.Erasure != nil {
			r.Remark("%s", term.ErasureWords(*out.Erasure))
		}
	}
	return nil
}

func were(c *certificate.Certificate) string {
	if c.Tokens == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", c.Tokens)
}
