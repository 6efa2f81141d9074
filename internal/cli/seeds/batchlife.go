package seeds

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
)

// batchNumber reads the argument of the commands about one batch.
func batchNumber(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 {
		return 0, fault.Errorf(fault.Usage, "%q is no batch number; `fob batch list` shows them", term.Clean(arg))
	}
	return n, nil
}

// batchOptions are the flags of the commands that change a whole batch.
type batchOptions struct {
	term.SaidFlags
	dryRun bool
	yes    *bool
}

// asks reports whether there is a question: what it says costs a walk over the batch.
func (o *batchOptions) asks() bool { return !o.dryRun && !*o.yes }

type batchDoer = func(ctx context.Context, in *intake.Intake, o *batchOptions, c intake.BatchChange) error

// newBatchChangeCmd is a command that changes a whole batch. It draws a bar as long
// as do takes.
func newBatchChangeCmd(r *term.Run, use string, do batchDoer) *cobra.Command {
	var o batchOptions
	cmd := &cobra.Command{Use: use, Args: term.Exactly("the batch's number")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		c := intake.BatchChange{DryRun: o.dryRun}
		var err error
		if c.Number, err = batchNumber(args[0]); err != nil {
			return err
		}
		if c.Words, err = o.Words(r); err != nil {
			return err
		}
		return r.WithIntake(ctx, func(in *intake.Intake) error {
			defer r.FollowBatch(c.Number, &c.Progress)()
			return do(ctx, in, &o, c)
		})
	})
	o.SaidFlags.AddOfTokens(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and change nothing")
	o.yes = term.AddYes(cmd)
	return cmd
}

func newBatchQuarantineCmd(r *term.Run) *cobra.Command {
	var out string
	var claims term.ClaimFlags
	cmd := newBatchChangeCmd(r, "quarantine N", func(ctx context.Context, in *intake.Intake, o *batchOptions, c intake.BatchChange) (err error) {
		if c.Words, err = claims.Claims(ctx, r, c.Words); err != nil {
			return err
		}
		if o.asks() {
			would, err := in.QuarantineBatch(ctx, dryRun(c))
			if err != nil {
				return err
			}
			if err := r.Confirm(ctx, false, fmt.Sprintf("Take %s of batch %d out of use%s; %s to be given another",
				term.Count(would.Moved+would.Marked, "token"), c.Number, forGood(c), needs(len(would.Accounts)))); err != nil {
				return err
			}
		}
		list, err := term.NewCSVFile("--out", out, "account", "serial", "was")
		if err != nil {
			return err
		}
		list.Keep = true // that there is nobody is worth a file
		res, err := in.QuarantineBatch(ctx, c)
		for _, a := range res.Accounts {
			err = cmp.Or(err, list.Add(string(a.Account), string(a.Serial), string(a.State)))
		}
		err = cmp.Or(err, list.Close())
		if err != nil && res.Moved+res.Marked == 0 { // the error says it all
			return err
		}
		return cmp.Or(err, printQuarantined(r, res, c))
	})
	claims.AddClaims(cmd)
	cmd.Flags().StringVarP(&out, "out", "o", "", "write the accounts to this new CSV `FILE`")
	return cmd
}

func dryRun(c intake.BatchChange) intake.BatchChange {
	c.DryRun, c.Progress = true, nil
	return c
}

func needs(n int) string {
	if n == 1 {
		return "1 account has"
	}
	return fmt.Sprintf("%d accounts have", n)
}

// forGood says what a leak or a theft makes of a quarantine.
func forGood(c intake.BatchChange) string {
	switch {
	case c.Leaked == token.Yes:
		return " for good"
	case c.Stolen == token.Yes:
		return ", each back only with a second person"
	}
	return ""
}

// printQuarantined says what was done, also when it was broken off.
func printQuarantined(r *term.Run, res intake.Swept, c intake.BatchChange) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	r.Remark("Batch %d: %s %s%s, %s to be given another.", res.Batch, term.Count(res.Moved, "token"), verb(res.DryRun, "quarantined"), forGood(c), needs(len(res.Accounts)))
	if res.Marked > 0 {
		r.Remark("Of %s that are lost or were quarantined before it is noted as well.", term.Count(res.Marked, "token"))
	}
	t := r.NewTable("ACCOUNT", "SERIAL", "WAS")
	for _, a := range res.Accounts {
		if err := t.Add(string(a.Account), string(a.Serial), string(a.State)); err != nil {
			return err
		}
	}
	return t.Flush()
}

// verb is what was done, or would be.
func verb(dry bool, done string) string {
	if dry {
		return "would be " + done
	}
	return done
}

func newBatchReleaseCmd(r *term.Run) *cobra.Command {
	return newBatchChangeCmd(r, "release N", func(ctx context.Context, in *intake.Intake, _ *batchOptions, c intake.BatchChange) error {
		res, err := in.ReleaseBatch(ctx, c)
		switch {
		case err != nil && res.Moved == 0:
			return err
		case r.JSON:
			return cmp.Or(err, r.PrintJSON(res))
		case res.DryRun:
			r.Say("Batch %d: %s would be in stock again.", res.Batch, term.Count(res.Moved, "token"))
		default:
			r.Say("Batch %d: %s are in stock again.", res.Batch, term.Count(res.Moved, "token"))
		}
		if res.Left > 0 {
			r.Say("%s stay quarantined, because their seeds leaked or they were stolen: `fob list --batch %d --state quarantined`.", term.Count(res.Left, "token"), res.Batch)
		}
		return err
	})
}

func newBatchWithdrawCmd(r *term.Run) *cobra.Command {
	cmd := newBatchChangeCmd(r, "withdraw N", func(ctx context.Context, in *intake.Intake, o *batchOptions, c intake.BatchChange) (err error) {
		if c.Approver, err = token.ParseApprover(o.Approver, r.Base.Operator); err != nil {
			return err
		}
		res, err := in.WithdrawBatch(ctx, dryRun(c))
		if err != nil {
			return err
		}
		if !c.DryRun {
			if err := r.Confirm(ctx, *o.yes, fmt.Sprintf("Remove %s of batch %d, with their seeds", term.Count(res.Tokens, "token"), c.Number)); err != nil {
				return err
			}
			if res, err = in.WithdrawBatch(ctx, c); err != nil && res.Tokens == 0 {
				return err
			}
		}
		if r.JSON {
			return cmp.Or(err, r.PrintJSON(res))
		}
		r.Say("Batch %d: %s %s; serials and seeds can be imported again.", res.Batch, term.Count(res.Tokens, "token"), verb(res.DryRun, "removed"))
		return err
	})
	term.NeedsApprover(cmd)
	return cmd
}

func newBatchCorrectCmd(r *term.Run) *cobra.Command {
	var p paramFlags
	var of supplyFlags
	cmd := newBatchChangeCmd(r, "correct N", func(ctx context.Context, in *intake.Intake, o *batchOptions, change intake.BatchChange) (err error) {
		c := intake.Correction{BatchChange: change}
		if c.Given, c.Params, c.Counter, err = p.parse(); err != nil {
			return err
		}
		switch {
		case c.Given == 0 && of == (supplyFlags{}) && !p.given("expect"):
			return fault.Errorf(fault.Usage, "say what is wrong: --type, --digits, --period, --hash, --t0 or --counter; or of the delivery --order, --expect, --supplier or --received")
		case c.Given == 0:
			return correctSupply(ctx, r, in, change, of, p.given)
		case of != supplyFlags{}:
			return fault.Errorf(fault.Usage, "the parameters of the tokens and their delivery are corrected one after the other").WithHint("give the command twice")
		}
		if o.asks() {
			would := c
			would.BatchChange = dryRun(change)
			// Where nothing would change nothing is asked: the refusal says more.
			if res, err := in.CorrectBatch(ctx, would); err != nil {
				return err
			} else if res.Corrected > 0 {
				if err := r.Confirm(ctx, false, fmt.Sprintf("Batch %d: %s", c.Number, correction(res))); err != nil {
					return err
				}
			}
		}
		res, err := in.CorrectBatch(ctx, c)
		switch {
		case err != nil && res.Corrected == 0:
			return err
		case r.JSON:
			return cmp.Or(err, r.PrintJSON(res))
		}
		r.Say("Batch %d: %s %s, %d right already, %d kept as they are.", res.Batch, term.Count(res.Corrected, "token"),
			verb(res.DryRun, "corrected"), res.Right, res.Left)
		for _, c := range res.Changes {
			r.Say("  %s: %s, was %s", term.Count(c.Tokens, "token"), c.After, c.Before)
		}
		return err
	})
	p.add(cmd, "")
	of.add(cmd, "`N` tokens were ordered")
	return cmd
}

// correctSupply records what was ordered, and shows how it compares.
func correctSupply(ctx context.Context, r *term.Run, in *intake.Intake, change intake.BatchChange, of supplyFlags, given func(string) bool) error {
	if err := of.checkExpected(given); err != nil {
		return err
	}
	of.received = term.Day(of.received, r.Now())
	supply, err := of.parse()
	if err != nil {
		return err
	}
	res, err := in.CorrectSupply(ctx, intake.Resupply{BatchChange: change, Supply: supply})
	switch {
	case err != nil:
		return err
	case r.JSON:
		return r.PrintJSON(res)
	}
	var words []string
	for _, f := range []struct{ name, was, now string }{
		{"ordered", counted(res.Was.Expected), counted(res.Now.Expected)}, {"order", res.Was.Order, res.Now.Order},
		{"supplier", res.Was.Supplier, res.Now.Supplier}, {"received", res.Was.Received, res.Now.Received},
	} {
		if f.was != f.now {
			words = append(words, fmt.Sprintf("%s %s (was %s)", f.name, f.now, cmp.Or(f.was, "not said")))
		}
	}
	r.Say("Batch %d: %s%s.", res.Batch, strings.Join(words, ", "), map[bool]string{true: " would be recorded"}[res.DryRun])
	if !res.DryRun {
		r.Remark("`fob report batches --batch %d` compares it with what came.", res.Batch)
	}
	return nil
}

// counted is a number of tokens; empty: nobody said.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// correction is what would become what, for a question.
func correction(res intake.Corrected) string {
	words := make([]string, len(res.Changes))
	for i, c := range res.Changes {
		words[i] = fmt.Sprintf("%s from %s to %s", term.Count(c.Tokens, "token"), c.Before, c.After)
	}
	return "correct " + strings.Join(words, ", ")
}
