package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/token"
)

func newSuspendCmd(r *term.Run) *cobra.Command {
	return mover{
		use: "suspend SERIAL", short: "Suspend a bound token: its account keeps it, and it counts for nothing until it is resumed",
		long: `Suspend a bound token, for somebody who is away or for as long as something is
unclear. The binding stays; ` + "`fob resume`" + ` makes the token count again. What verifiers
do is theirs: suspend the account there.`,
		example: "  fob suspend 2600412300001 --reason \"parental leave\"",
		by:      token.CmdSuspend, to: token.Suspended,
	}.command(r)
}

func newResumeCmd(r *term.Run) *cobra.Command {
	return mover{
		use: "resume SERIAL", short: "Make a suspended token count again",
		long: `Make a suspended token count again: it is bound to its account as before. Of somebody
who left, by the newest list of people, it is refused; --new-account goes on.`,
		example: "  fob resume 2600412300001 --ticket T-20",
		by:      token.CmdResume, to: token.Bound,
	}.command(r)
}

func newLostCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var loss term.LossFlags
	var yes *bool
	cmd := &cobra.Command{
		Use:   "lost SERIAL",
		Short: "Record a loss or a theft: the binding ends at once",
		Long: `Record that nobody knows where a token is, or that it was stolen. Its binding ends
at once, and its codes are worth nothing here. --reported-at is when it was first
told, where that was earlier: what lies between is what auditors ask for. Of a token
that is lost already, --stolen and --reported-at tell more.

Where its owner gets another token in the same call, ` + "`fob replace OLD NEW --lost`" + ` does
both.`,
		Example: `  fob lost 2600412300001 --ticket T-21
  fob lost 2600412300001 --stolen --reported-at 2026-11-23T22:40:00Z --reason "bag snatched"`,
		Args: term.Exactly("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			c := desk.Change{By: token.CmdLost, To: token.Lost}
			var err error
			if c.Serial, err = term.SerialOf(args[0]); err != nil {
				return err
			}
			if c.Words, err = w.Words(r); err != nil {
				return err
			}
			if c.Loss, err = loss.Loss(r.Now()); err != nil {
				return err
			}
			if err := r.ConfirmMove(ctx, []token.Serial{c.Serial}, c.By, c.To, "Record the loss", *yes); err != nil {
				return err
			}
			return r.MoveToken(ctx, c)
		}),
	}
	w.Add(cmd)
	loss.Add(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

func newQuarantineCmd(r *term.Run) *cobra.Command {
	return manyMover{
		use: "quarantine SERIAL...", short: "Set tokens aside until they are released",
		long: `Set tokens aside that are in stock or assigned: damaged, doubtful, or back from
somewhere unknown. Several go together: all of them, or none. A bound token is
unbound first (` + "`fob unbind SERIAL --returned --to quarantined`" + `); a whole batch goes
with ` + "`fob batch quarantine`" + `.`,
		example: "  fob quarantine 2600412300001 2600412300002 --reason \"display flickers\"",
		by:      token.CmdQuarantine, to: token.Quarantined,
	}.command(r)
}

func newRetireCmd(r *term.Run) *cobra.Command {
	return manyMover{
		use: "retire SERIAL...", short: "End tokens for good and destroy their seeds",
		long: `End tokens for good. Bindings end, the seeds are destroyed in the database and in
its log, and the serials are never imported again. The fingerprints stay: a clone of
a retired token is still recognised. Several go together: all of them, or none.

Many go with a list: fob list --state lost | cut -f1 | xargs fob retire --yes

Backups that were made before still hold the seeds, encrypted; so do verifiers that
were given them.`,
		example: "  fob retire 2600412300001 2600412300002 --reason \"battery empty\" --ticket T-23",
		by:      token.CmdRetire, to: token.Retired, ask: "Retire it and destroy its seed for good", askMany: "Retire them and destroy their seeds for good",
	}.command(r)
}

// manyMover is a command that moves one or several tokens together.
type manyMover struct {
	use, short, long, example string
	by                        token.Command
	to                        token.State
	ask, askMany              string // before it is done; empty: nothing
}

func (m manyMover) command(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var yes *bool
	cmd := &cobra.Command{
		Use: m.use, Short: m.short, Long: m.long, Example: m.example, Args: term.AtLeastOne("the serial"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			serials, err := serialsOf(args)
			if err != nil {
				return err
			}
			words, err := w.Words(r)
			if err != nil {
				return err
			}
			if m.ask != "" {
				ask := m.ask
				if len(serials) > 1 {
					ask = m.askMany
				}
				if err := r.ConfirmMove(ctx, serials, m.by, m.to, ask, *yes); err != nil {
					return err
				}
			}
			return moveAll(ctx, r, serials, desk.Change{By: m.by, To: m.to, Words: words})
		}),
	}
	w.Add(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

func moveAll(ctx context.Context, r *term.Run, serials []token.Serial, c desk.Change) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		all, err := d.MoveAll(ctx, serials, c)
		if err != nil {
			return err
		}
		if r.JSON {
			return printTokensNow(ctx, r, all)
		}
		for _, t := range all {
			r.Say("Token %s is %s now.", t.Serial, t.State)
		}
		return nil
	})
}

func printTokensNow(ctx context.Context, r *term.Run, all []token.Token) error {
	return r.WithReports(ctx, func(reader report.Reader) error {
		rows := make([]report.Token, 0, len(all))
		for _, t := range all {
			now, err := reader.Find(t.Serial)
			if err != nil {
				return err
			}
			rows = append(rows, now)
		}
		return r.PrintJSON(rows)
	})
}
