package codes

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

func newBindCmd(r *term.Run) *cobra.Command {
	var o codeOptions
	var bulk term.BulkOptions
	var paper term.Receipt
	var newAccount bool
	cmd := &cobra.Command{
		Use:   "bind SERIAL ACCOUNT | bind --from FILE",
		Short: "Bind a token to an account by the code that it shows",
		Long: `Bind a token to an account after checking one displayed code, or two consecutive
ones where the token's clock may have drifted far. Without --code the codes are
asked for on the terminal.

Once a list of people was imported (` + "`fob account import`" + `), an account that is not on
it is refused as mistyped, and --new-account goes on with it as typed.

After success the codes are used up. A refused code changes nothing but the
count of failures, and the message says what to do next.

--from takes a file instead, CSV or the like, whose first row names the columns in
any order: serial, account, code1, and as you like code2, read_at, proof, ticket,
reason. read_at says when the codes were read (2026-11-24T10:00:07Z), at most a day
ago; without it nothing is learnt of the tokens' clocks. Every row gets its own
answer and stands for itself, also if the command is stopped; twenty refusals in a
row end the file. With --all-or-nothing no token is bound if any row is refused:
codes that were compared by then are used up, or counted, all the same. If rows
were refused the exit code is 3.`,
		Example: `  fob bind 2600412300001 anna@example.com
  fob bind 2600412300001 anna@example.com --code 287082
  fob bind 2600412300002 ben@example.com --code 287082 --code 359152 --ticket T-17
  fob bind --code 123456 -- 0012345 -odd@name
  fob bind --from monday.csv --result monday-result.csv`,
		Args: bulk.Args(term.Exactly("the serial", "the account")),
	}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		if err := bulk.Check(cmd.Flags(), "code", "deep", "approved-by", "receipt", "organisation", "contact"); err != nil {
			return err
		}
		if bulk.From != "" {
			return bindFrom(ctx, r, &o, &bulk, newAccount)
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
		out, err := answerCodes(ctx, r, &o, req, token.CmdBind, (*desk.Desk).Bind)
		err = paper.Finish(r, out.Token, err)
		return printOutcome(r, out, err, func(out desk.Outcome) string {
			return fmt.Sprintf("Token %s is bound to %s%s.", out.Serial, *out.Account, term.ClockWords(out))
		})
	})
	o.add(cmd)
	bulk.Add(cmd)
	o.addDeep(cmd)
	paper.Add(cmd)
	term.AddNewAccount(cmd, &newAccount)
	term.AddYes(cmd)
	return cmd
}

// bindFrom binds the tokens of a file.
func bindFrom(ctx context.Context, r *term.Run, o *codeOptions, bulk *term.BulkOptions, newAccounts bool) error {
	words, err := o.Words(r)
	if err != nil {
		return err
	}
	return r.FromFile(ctx, bulk, desk.ReadBindings, (*desk.Desk).BindAll, showBound, words, newAccounts)
}

func showBound(a desk.Answered) any { return a }
