package seeds

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report/sheet"
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
	out    string
	yes    *bool
}

func (o *batchOptions) add(cmd *cobra.Command) {
	o.SaidFlags.Add(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "tell what would be done, and do nothing")
	o.yes = term.AddYes(cmd)
}

func (o *batchOptions) change(r *term.Run, arg string) (c intake.BatchChange, err error) {
	c.DryRun = o.dryRun
	if c.Number, err = batchNumber(arg); err != nil {
		return c, err
	}
	c.Words, err = o.Words(r)
	return c, err
}

func newBatchQuarantineCmd(r *term.Run) *cobra.Command {
	var o batchOptions
	cmd := &cobra.Command{
		Use:  "quarantine N",
		Args: term.Exactly("the batch's number"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c, err := o.change(r, args[0])
			if err != nil {
				return err
			}
			return quarantineBatch(ctx, r, &o, c)
		}),
	}
	o.add(cmd)
	cmd.Flags().StringVar(&o.out, "out", "", "write the accounts to this new CSV file")
	return cmd
}

func quarantineBatch(ctx context.Context, r *term.Run, o *batchOptions, c intake.BatchChange) error {
	return r.WithIntake(ctx, func(d *intake.Intake) (err error) {
		if !c.DryRun && !*o.yes { // what the question says costs a walk over the batch
			if err := confirmQuarantine(ctx, r, d, c); err != nil {
				return err
			}
		}
		list, err := newListFile(o.out)
		if err != nil {
			return err
		}
		done := r.FollowBatch(c.Number, &c.Progress)
		res, err := d.QuarantineBatch(ctx, c)
		done()
		return term.FirstError(term.FirstError(err, list.write(res.Accounts)), printQuarantined(r, res, err))
	})
}

// confirmQuarantine says how many tokens and accounts it is about.
func confirmQuarantine(ctx context.Context, r *term.Run, d *intake.Intake, c intake.BatchChange) error {
	c.DryRun = true
	would, err := d.QuarantineBatch(ctx, c)
	if err != nil {
		return err
	}
	return r.Confirm(ctx, false, fmt.Sprintf("Take %s of batch %d out of use; %s to be given another",
		term.Count(would.Moved, "token"), c.Number, needs(len(would.Accounts))))
}

func needs(n int) string {
	if n == 1 {
		return "1 account has"
	}
	return fmt.Sprintf("%d accounts have", n)
}

// printQuarantined tells what was done, also when it was broken off.
func printQuarantined(r *term.Run, res intake.Swept, err error) error {
	if err != nil && res.Moved == 0 {
		return nil // the error says it all
	}
	if r.JSON {
		return r.PrintJSON(res)
	}
	would := ""
	if res.DryRun {
		would = "would be "
	}
	r.Remark("Batch %d: %s %squarantined, %s to be given another.", res.Batch, term.Count(res.Moved, "token"), would, needs(len(res.Accounts)))
	t := r.NewTable("ACCOUNT", "SERIAL", "WAS")
	for _, a := range res.Accounts {
		if err := t.Add(string(a.Account), string(a.Serial), string(a.State)); err != nil {
			return err
		}
	}
	return t.Flush()
}

// listFile is the file of --out: readable by its owner alone, never over an
// existing one, and made before anything is done.
type listFile struct {
	path string
	file *os.File // nil: nobody asked for one
}

func newListFile(path string) (*listFile, error) {
	if path == "" {
		return &listFile{}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, term.NoNewFile("--out", path, err)
	}
	return &listFile{path, f}, nil
}

func (l *listFile) write(all []intake.Reissue) error {
	if l.file == nil {
		return nil
	}
	if err := errors.Join(writeReissues(l.file, all), l.file.Sync(), l.file.Close()); err != nil {
		return fault.Wrap(fault.Internal, err, "writing %s", l.path)
	}
	return nil
}

func writeReissues(w io.Writer, all []intake.Reissue) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"account", "serial", "was"}) // Error tells
	for _, a := range all {
		_ = out.Write([]string{sheet.Guard(string(a.Account)), sheet.Guard(string(a.Serial)), string(a.State)})
	}
	out.Flush()
	return out.Error()
}

func newBatchReleaseCmd(r *term.Run) *cobra.Command {
	var o batchOptions
	cmd := &cobra.Command{
		Use:  "release N",
		Args: term.Exactly("the batch's number"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c, err := o.change(r, args[0])
			if err != nil {
				return err
			}
			return r.WithIntake(ctx, func(d *intake.Intake) error {
				done := r.FollowBatch(c.Number, &c.Progress)
				res, err := d.ReleaseBatch(ctx, c)
				done()
				if err != nil && res.Moved == 0 {
					return err
				}
				return term.FirstError(err, printReleased(r, res))
			})
		}),
	}
	o.add(cmd)
	return cmd
}

func printReleased(r *term.Run, res intake.Swept) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	verb := "are"
	if res.DryRun {
		verb = "would be"
	}
	r.Say("Batch %d: %s %s in stock again.", res.Batch, term.Count(res.Moved, "token"), verb)
	return nil
}

func newBatchWithdrawCmd(r *term.Run) *cobra.Command {
	var o batchOptions
	cmd := &cobra.Command{
		Use:  "withdraw N",
		Args: term.Exactly("the batch's number"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c, err := o.change(r, args[0])
			if err != nil {
				return err
			}
			if c.Approver, err = token.ParseApprover(o.Approver, r.Base.Operator); err != nil {
				return err
			}
			return withdrawBatch(ctx, r, &o, c)
		}),
	}
	o.add(cmd)
	o.AddApprover(cmd)
	return cmd
}

func withdrawBatch(ctx context.Context, r *term.Run, o *batchOptions, c intake.BatchChange) error {
	return r.WithIntake(ctx, func(d *intake.Intake) error {
		dry := c
		dry.DryRun = true
		res, err := d.WithdrawBatch(ctx, dry)
		if err != nil {
			return err
		}
		if !c.DryRun {
			if err := r.Confirm(ctx, *o.yes, fmt.Sprintf("Remove %s of batch %d, with their seeds", term.Count(res.Tokens, "token"), c.Number)); err != nil {
				return err
			}
			done := r.FollowBatch(c.Number, &c.Progress)
			res, err = d.WithdrawBatch(ctx, c)
			done()
			if err != nil && res.Tokens == 0 {
				return err
			}
		}
		return term.FirstError(err, printWithdrawn(r, res))
	})
}

func printWithdrawn(r *term.Run, res intake.WithdrawnBatch) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	verb := "removed"
	if res.DryRun {
		verb = "would be removed"
	}
	r.Say("Batch %d: %s %s; serials and seeds may come again.", res.Batch, term.Count(res.Tokens, "token"), verb)
	return nil
}
