package codes

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

func newBindCmd(r *term.Run) *cobra.Command {
	var o codeOptions
	var bulk term.BulkOptions
	var paper term.Receipt
	var newAccount, oneCode bool
	cmd := &cobra.Command{
		Use:  "bind SERIAL ACCOUNT | bind --from FILE",
		Args: bulk.Args(term.Exactly("the serial", "the account")),
	}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		if err := bulk.Check(cmd.Flags(), "code", "deep", "receipt", "organisation", "contact"); err != nil {
			return err
		}
		if bulk.From != "" {
			words, err := o.Words(r)
			if err != nil {
				return err
			}
			return r.FromFile(ctx, &bulk, desk.ReadBindings, (*desk.Desk).BindAll, showBound, desk.Bulk{Words: words, NewAccount: newAccount, OneCode: oneCode})
		}
		if oneCode {
			return fault.Errorf(fault.Usage, "--one-code goes with --from only")
		}
		req, err := o.request(r, args[0], args[1])
		if err != nil {
			return err
		}
		req.NewAccount = newAccount
		if req.Account == "" {
			return term.UsageError("fob bind", fmt.Errorf("the account is empty"))
		}
		if err := paper.Open(); err != nil {
			return err
		}
		out, err := answerCodes(ctx, r, &o, req, token.CmdBind)
		err = paper.Finish(r, out.Token, err)
		err = printOutcome(r, out, err, func(out desk.Outcome) string {
			return fmt.Sprintf("Token %s is bound to %s%s.", out.Serial, *out.Account, term.ClockWords(out))
		})
		if err == nil && !r.JSON && r.Streams.OutWidth > 0 && out.ClockOff() {
			r.Remark("That is no fault: fob remembers it, and expects the next codes accordingly.")
		}
		return err
	})
	o.add(cmd)
	bulk.Add(cmd)
	o.addDeep(cmd)
	paper.Add(cmd)
	term.AddNewAccount(cmd, &newAccount)
	cmd.Flags().BoolVar(&oneCode, "one-code", false, "with --from: try rows of one code though the token lay in stock for long")
	term.AddYes(cmd)
	return cmd
}

func showBound(a desk.Answered) any { return a }
