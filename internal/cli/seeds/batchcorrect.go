package seeds

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
)

func newBatchCorrectCmd(r *term.Run) *cobra.Command {
	var o batchOptions
	var p paramFlags
	cmd := &cobra.Command{
		Use:  "correct N",
		Args: term.Exactly("the batch's number"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c := intake.Correction{}
			var err error
			if c.BatchChange, err = o.change(r, args[0]); err != nil {
				return err
			}
			if c.Given, c.Params, c.Counter, err = p.parse(); err != nil {
				return err
			}
			if c.Given == 0 {
				return fault.Errorf(fault.Usage, "say what is wrong: --type, --digits, --period, --hash, --t0 or --counter")
			}
			return correctBatch(ctx, r, &o, c)
		}),
	}
	o.add(cmd)
	p.add(cmd, "")
	return cmd
}

func correctBatch(ctx context.Context, r *term.Run, o *batchOptions, c intake.Correction) error {
	return r.WithIntake(ctx, func(d *intake.Intake) error {
		if !c.DryRun && !*o.yes { // what the question says costs a walk over the batch
			if err := confirmCorrection(ctx, r, d, c); err != nil {
				return err
			}
		}
		done := r.FollowBatch(c.Number, &c.Progress)
		res, err := d.CorrectBatch(ctx, c)
		done()
		if err != nil && res.Corrected == 0 {
			return err
		}
		return term.FirstError(err, printCorrected(r, res))
	})
}

// confirmCorrection tells what would become what. Where nothing would, nothing is
// asked: the refusal says more.
func confirmCorrection(ctx context.Context, r *term.Run, d *intake.Intake, c intake.Correction) error {
	c.DryRun = true
	would, err := d.CorrectBatch(ctx, c)
	if err != nil || would.Corrected == 0 {
		return err
	}
	return r.Confirm(ctx, false, fmt.Sprintf("Batch %d: %s", c.Number, changeWords(would)))
}

func printCorrected(r *term.Run, res intake.Corrected) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	verb := "corrected"
	if res.DryRun {
		verb = "would be corrected"
	}
	r.Say("Batch %d: %s %s, %d right already, %d kept as they are.", res.Batch, term.Count(res.Corrected, "token"), verb, res.Right, res.Left)
	for _, c := range res.Changes {
		r.Say("  %s: %s, was %s", term.Count(c.Tokens, "token"), c.After, c.Before)
	}
	return nil
}

func changeWords(res intake.Corrected) string {
	words := make([]string, len(res.Changes))
	for i, c := range res.Changes {
		words[i] = fmt.Sprintf("%s from %s to %s", term.Count(c.Tokens, "token"), c.Before, c.After)
	}
	return "correct " + strings.Join(words, ", ")
}
