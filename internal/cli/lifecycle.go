package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// mover is a command that moves one token along the table of states.
type mover struct {
	use, short, long, example string
	by                        token.Command
	to                        token.State
	account                   bool // the second argument is an account, who may sign for the token
}

func (m mover) command(r *root) *cobra.Command {
	var w wordFlags
	var paper receipt
	var newAccount bool
	args := exactly("the serial")
	if m.account {
		args = exactly("the serial", "the account")
	}
	cmd := &cobra.Command{
		Use: m.use, Short: m.short, Long: m.long, Example: m.example, Args: args,
		RunE: r.run(func(ctx context.Context, args []string) error {
			serial, err := serialOf(args[0])
			if err != nil {
				return err
			}
			c := desk.Change{Serial: serial, By: m.by, To: m.to, NewAccount: newAccount}
			if c.Words, err = w.words(r); err != nil {
				return err
			}
			if m.account {
				if c.Account, err = token.ParseAccount(args[1]); err != nil {
					return err
				}
			}
			return r.moveWith(ctx, c, paper.open, func(t token.Token, err error) error { return paper.finish(r, t, err) })
		}),
	}
	w.add(cmd)
	if m.account {
		paper.add(cmd)
	}
	if m.account || m.by == token.CmdResume {
		addNewAccount(cmd, &newAccount)
	}
	addYes(cmd)
	return cmd
}

// addNewAccount is for the commands that give somebody a token.
func addNewAccount(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "new-account", false, "take an account as typed though the list of people does not have it")
}

func (r *root) move(ctx context.Context, c desk.Change) error {
	return r.moveWith(ctx, c, func() error { return nil }, func(_ token.Token, err error) error { return err })
}

// moveWith moves a token between what has to be made ready and what has to be
// finished, such as a receipt.
func (r *root) moveWith(ctx context.Context, c desk.Change, ready func() error, finish func(token.Token, error) error) error {
	return r.withDesk(ctx, func(d *desk.Desk) error {
		if err := ready(); err != nil {
			return err
		}
		t, err := d.Move(ctx, c)
		if err := finish(t, err); err != nil {
			return err
		}
		return r.printToken(ctx, t, func() string {
			whose := ""
			if t.Account != "" {
				whose = " (" + string(t.Account) + ")"
			}
			return fmt.Sprintf("Token %s is %s now%s.", t.Serial, t.State, whose)
		})
	})
}

// printToken tells what became of a token: a person in words, a script with the
// object that show prints. That is read back, since a use case does not know of
// all that reports know (the last observation of the clock).
func (r *root) printToken(ctx context.Context, t token.Token, words func() string) error {
	if !r.json {
		r.say("%s", words())
		return nil
	}
	return r.withReports(ctx, func(reader report.Reader) error {
		now, err := reader.Find(t.Serial)
		if err != nil {
			return err
		}
		return r.printJSON(now)
	})
}

func newAssignCmd(r *root) *cobra.Command {
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

func newUnassignCmd(r *root) *cobra.Command {
	return mover{
		use: "unassign SERIAL", short: "Take back an assignment: the token is in stock again",
		long:    "Take back an assignment that was never proven, with the token back in hand.",
		example: "  fob unassign 2600412300001 --reason \"never collected\"",
		by:      token.CmdUnassign, to: token.InStock,
	}.command(r)
}

func newFoundCmd(r *root) *cobra.Command {
	return mover{
		use: "found SERIAL", short: "Note that a lost token turned up: it goes into quarantine",
		long:    "Note that a lost token turned up. Nobody knows where it was, so it goes into\nquarantine until `fob release`.",
		example: "  fob found 2600412300001 --reason \"reception desk\"",
		by:      token.CmdFound, to: token.Quarantined,
	}.command(r)
}

func newReleaseCmd(r *root) *cobra.Command {
	return mover{
		use: "release SERIAL", short: "Release a token from quarantine into stock",
		long:    "Release a token from quarantine into stock, once it is known to be whole.",
		example: "  fob release 2600412300001 --reason \"inspected\"",
		by:      token.CmdRelease, to: token.InStock,
	}.command(r)
}

func newUnlockCmd(r *root) *cobra.Command {
	var w wordFlags
	cmd := &cobra.Command{
		Use:   "unlock SERIAL",
		Short: "Forget the failed attempts of a token and unlock it",
		Long: `Forget the failed attempts of a token. Five in a row lock it for 15 minutes, each
further one again, the tenth until it is unlocked here. Find out first who tried.`,
		Example: "  fob unlock 2600412300001 --approved-by \"Eva Brandt\" --ticket T-18",
		Args:    exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			words, err := w.approved(r)
			if err != nil {
				return err
			}
			serial, err := serialOf(args[0])
			if err != nil {
				return err
			}
			return r.withDesk(ctx, func(d *desk.Desk) error {
				t, err := d.Unlock(ctx, serial, words)
				if err != nil {
					return err
				}
				return r.printToken(ctx, t, func() string {
					return fmt.Sprintf("Token %s is unlocked; its failed attempts are forgotten.", t.Serial)
				})
			})
		}),
	}
	w.add(cmd)
	w.addApprover(cmd)
	addYes(cmd)
	return cmd
}

// unbindOptions are where a token goes whose binding ends.
type unbindOptions struct {
	codeOptions
	returned, missing bool
	to                string
	location          string
	newLocation       bool
	condition         string
	yes               *bool
}

func newUnbindCmd(r *root) *cobra.Command {
	var o unbindOptions
	cmd := &cobra.Command{
		Use:   "unbind SERIAL",
		Short: "End a binding: the token came back, or nobody has it",
		Long: `End the binding of a token. --returned says that it is in hand and goes into stock
(or into quarantine, with --to quarantined); --missing says that nobody has it: it
is lost, and never in stock. With --code, a code of the returned token is checked;
a refused one ends nothing. --to-location and --condition note where a returned token
lies now and how it looks; a place that is not known yet needs --new-location.

A virtual token comes back from nobody: it takes a code that its app shows now, or
--reason where the app is gone, and is retired with its seed destroyed.`,
		Example: `  fob unbind 2600412300001 --returned --code 287082
  fob unbind 2600412300001 --returned --to quarantined --reason "case is cracked"
  fob unbind 2600412300001 --returned --to-location "Berlin/Safe 2" --condition "scratched"
  fob unbind 2600412300001 --missing --ticket T-19
  fob unbind VIRT-7K2QD-M9XWA --reason "phone was replaced"`,
		Args: exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error { return r.unbind(ctx, &o, args[0]) }),
	}
	o.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.returned, "returned", false, "the token is in hand")
	f.BoolVar(&o.missing, "missing", false, "nobody has the token: it is lost")
	f.StringVar(&o.to, "to", "", "where a returned token goes: in_stock (default) or quarantined")
	f.StringVar(&o.location, "to-location", "", "where a returned token lies now")
	f.BoolVar(&o.newLocation, "new-location", false, "the location may be one that is not known yet")
	f.StringVar(&o.condition, "condition", "", "how a returned token looks: whole, scratched, battery low")
	o.yes = addYes(cmd)
	return cmd
}

// target is the state that the flags mean.
func (o *unbindOptions) target() (token.State, error) {
	if o.returned == o.missing {
		return "", fault.Errorf(fault.Usage, "say where the token is: --returned or --missing")
	}
	if o.missing {
		if o.to != "" || len(o.codes) > 0 || o.location != "" || o.condition != "" {
			return "", fault.Errorf(fault.Usage, "a missing token shows no code, goes nowhere and is in no condition: --missing stands alone")
		}
		return token.Lost, nil
	}
	return returnedTo(o.to)
}

// returnedTo is where --to says that a returned token goes.
func returnedTo(to string) (token.State, error) {
	switch to {
	case "", string(token.InStock):
		return token.InStock, nil
	case string(token.Quarantined):
		return token.Quarantined, nil
	}
	return "", fault.Errorf(fault.Usage, "--to %q: a returned token goes to in_stock or quarantined", clean(to))
}

func (r *root) unbind(ctx context.Context, o *unbindOptions, serial string) error {
	req, err := o.request(r, serial, "")
	if err != nil {
		return err
	}
	if r.isVirtual(ctx, req.Serial) {
		return r.unbindVirtual(ctx, o, req)
	}
	to, err := o.target()
	if err != nil {
		return err
	}
	if err := o.returns(&req); err != nil {
		return err
	}
	if err := r.confirmMove(ctx, []token.Serial{req.Serial}, token.CmdUnbind, to, "", *o.yes); err != nil {
		return err
	}
	if len(o.codes) == 0 {
		return r.move(ctx, desk.Change{Serial: req.Serial, By: token.CmdUnbind, To: to,
			Location: req.Location, NewLocation: req.NewLocation, Words: req.Words})
	}
	req.To = to
	return r.unbindWithCodes(ctx, o, req)
}

// unbindWithCodes ends the binding if the codes are the token's.
func (r *root) unbindWithCodes(ctx context.Context, o *unbindOptions, req desk.Codes) error {
	out, err := r.answerCodes(ctx, &o.codeOptions, req, token.CmdUnbind, (*desk.Desk).UnbindWithCode)
	if err != nil {
		return r.printRefused(out, err)
	}
	return r.printToken(ctx, out.Token, func() string {
		return fmt.Sprintf("Token %s is %s now%s.", out.Serial, out.Token.State, clockWords(out))
	})
}
