package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

// mover is a command that moves one token along the table of states.
type mover struct {
	use, short, long, example string
	by                        token.Command
	to                        token.State
	account                   bool // the second argument is an account, who may sign for the token
}

func (m mover) command(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var paper term.Receipt
	var newAccount bool
	args := term.Exactly("the serial")
	if m.account {
		args = term.Exactly("the serial", "the account")
	}
	cmd := &cobra.Command{
		Use: m.use, Short: m.short, Long: m.long, Example: m.example, Args: args,
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serial, err := term.SerialOf(args[0])
			if err != nil {
				return err
			}
			c := desk.Change{Serial: serial, By: m.by, To: m.to, NewAccount: newAccount}
			if c.Words, err = w.Words(r); err != nil {
				return err
			}
			if m.account {
				if c.Account, err = token.ParseAccount(args[1]); err != nil {
					return err
				}
			}
			return r.MoveTokenWith(ctx, c, paper.Open, func(t token.Token, err error) error { return paper.Finish(r, t, err) })
		}),
	}
	w.Add(cmd)
	if m.account {
		paper.Add(cmd)
	}
	if m.account || m.by == token.CmdResume {
		term.AddNewAccount(cmd, &newAccount)
	}
	term.AddYes(cmd)
	return cmd
}

func newAssignCmd(r *term.Run) *cobra.Command {
	m := mover{
		use: "assign SERIAL ACCOUNT | assign --from FILE", short: "Assign a token to an account: sent out, not yet proven",
		long: `Note that a token was sent to somebody. It is bound once a code of it was checked
(` + "`fob bind`" + `). Once a list of people was imported, an account that is not on it is
refused as mistyped; --new-account goes on with it as typed.

--from takes a file instead, CSV or the like, whose first row names the columns in
any order: serial, account, and as you like ticket, reason. Every row gets its own
answer and stands for itself; with --all-or-nothing none is stored if any is
refused. Twenty refusals in a row end the file. If rows were refused the exit code
is 3.

--receipt writes a sheet that the person signs: serial, account, date, and what to do
when the token is lost.`,
		example: "  fob assign 2600412300001 anna@example.com --ticket T-17\n  fob assign 2600412300001 anna@example.com --receipt anna.html --contact \"+49 30 1234\"\n  fob assign --from shipped.csv --all-or-nothing",
		by:      token.CmdAssign, to: token.Assigned, account: true,
	}
	return m.withFile(r)
}

func newUnassignCmd(r *term.Run) *cobra.Command {
	return mover{
		use: "unassign SERIAL", short: "Take back an assignment: the token is in stock again",
		long:    "Take back an assignment that was never proven, with the token back in hand.",
		example: "  fob unassign 2600412300001 --reason \"never collected\"",
		by:      token.CmdUnassign, to: token.InStock,
	}.command(r)
}

func newFoundCmd(r *term.Run) *cobra.Command {
	return mover{
		use: "found SERIAL", short: "Note that a lost token turned up: it goes into quarantine",
		long:    "Note that a lost token turned up. Nobody knows where it was, so it goes into\nquarantine until `fob release`.",
		example: "  fob found 2600412300001 --reason \"reception desk\"",
		by:      token.CmdFound, to: token.Quarantined,
	}.command(r)
}

func newReleaseCmd(r *term.Run) *cobra.Command {
	return mover{
		use: "release SERIAL", short: "Release a token from quarantine into stock",
		long:    "Release a token from quarantine into stock, once it is known to be whole.",
		example: "  fob release 2600412300001 --reason \"inspected\"",
		by:      token.CmdRelease, to: token.InStock,
	}.command(r)
}
