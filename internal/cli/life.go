package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

func newSuspendCmd(r *root) *cobra.Command {
	return mover{
		use: "suspend SERIAL", short: "Suspend a bound token: its account keeps it, and it counts for nothing until it is resumed",
		long: `Suspend a bound token, for somebody who is away or for as long as something is
unclear. The binding stays; ` + "`fob resume`" + ` makes the token count again. What verifiers
do is theirs: suspend the account there.`,
		example: "  fob suspend 2600412300001 --reason \"parental leave\"",
		by:      token.CmdSuspend, to: token.Suspended,
	}.command(r)
}

func newResumeCmd(r *root) *cobra.Command {
	return mover{
		use: "resume SERIAL", short: "Make a suspended token count again",
		long: `Make a suspended token count again: it is bound to its account as before. Of somebody
who left, by the newest list of people, it is refused; --new-account goes on.`,
		example: "  fob resume 2600412300001 --ticket T-20",
		by:      token.CmdResume, to: token.Bound,
	}.command(r)
}

func newLostCmd(r *root) *cobra.Command {
	var w wordFlags
	var loss lossFlags
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
		Args: exactly("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			c := desk.Change{By: token.CmdLost, To: token.Lost}
			var err error
			if c.Serial, err = serialOf(args[0]); err != nil {
				return err
			}
			if c.Words, err = w.words(r); err != nil {
				return err
			}
			if c.Loss, err = loss.loss(r.now()); err != nil {
				return err
			}
			if err := r.confirmMove(ctx, []token.Serial{c.Serial}, c.By, c.To, "Record the loss", *yes); err != nil {
				return err
			}
			return r.move(ctx, c)
		}),
	}
	w.add(cmd)
	loss.add(cmd)
	yes = addYes(cmd)
	return cmd
}

// lossFlags tell of a loss.
type lossFlags struct {
	stolen   bool
	reported string
}

func (l *lossFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.stolen, "stolen", false, "it was stolen")
	cmd.Flags().StringVar(&l.reported, "reported-at", "", "when it was first told, where that was earlier (RFC 3339)")
}

func (l *lossFlags) loss(now time.Time) (loss token.Loss, err error) {
	loss.Stolen = l.stolen
	if l.reported == "" {
		return loss, nil
	}
	if loss.Reported, err = time.Parse(time.RFC3339, l.reported); err != nil {
		return loss, fault.Errorf(fault.Usage, "--reported-at %q: write 2026-11-23T22:40:00Z, or +01:00 for the zone", clean(l.reported))
	}
	if loss.Reported.Unix() < 0 { // also keeps it within what the store holds
		return loss, fault.Errorf(fault.Usage, "--reported-at %s is before any token was made", loss.Reported.Format(time.RFC3339))
	}
	if loss.Reported.After(now) {
		return loss, fault.Errorf(fault.Usage, "--reported-at %s is yet to come", loss.Reported.Format(time.RFC3339))
	}
	return loss, nil
}

func newQuarantineCmd(r *root) *cobra.Command {
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

func newRetireCmd(r *root) *cobra.Command {
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

func (m manyMover) command(r *root) *cobra.Command {
	var w wordFlags
	var yes *bool
	cmd := &cobra.Command{
		Use: m.use, Short: m.short, Long: m.long, Example: m.example, Args: atLeastOne("the serial"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			serials, err := serialsOf(args)
			if err != nil {
				return err
			}
			words, err := w.words(r)
			if err != nil {
				return err
			}
			if m.ask != "" {
				ask := m.ask
				if len(serials) > 1 {
					ask = m.askMany
				}
				if err := r.confirmMove(ctx, serials, m.by, m.to, ask, *yes); err != nil {
					return err
				}
			}
			return r.moveAll(ctx, serials, desk.Change{By: m.by, To: m.to, Words: words})
		}),
	}
	w.add(cmd)
	yes = addYes(cmd)
	return cmd
}

// serialsOf takes typed serials. One that is named twice is an oversight that
// would otherwise be refused as an impossible second move.
func serialsOf(args []string) (all []token.Serial, err error) {
	seen := map[string]bool{}
	for _, a := range args {
		s, err := serialOf(a)
		if err != nil {
			return nil, err
		}
		if !seen[s.Key()] {
			seen[s.Key()], all = true, append(all, s)
		}
	}
	return all, nil
}

func (r *root) moveAll(ctx context.Context, serials []token.Serial, c desk.Change) error {
	return r.withDesk(ctx, func(d *desk.Desk) error {
		all, err := d.MoveAll(ctx, serials, c)
		if err != nil {
			return err
		}
		if r.json {
			return r.printTokensNow(ctx, all)
		}
		for _, t := range all {
			r.say("Token %s is %s now.", t.Serial, t.State)
		}
		return nil
	})
}

func (r *root) printTokensNow(ctx context.Context, all []token.Token) error {
	return r.withReports(ctx, func(reader report.Reader) error {
		rows := make([]report.Token, 0, len(all))
		for _, t := range all {
			now, err := reader.Find(t.Serial)
			if err != nil {
				return err
			}
			rows = append(rows, now)
		}
		return r.printJSON(rows)
	})
}

// confirmMove asks before something ends, with whose token it is. Where the move
// is not possible nothing is asked: the refusal says more.
func (r *root) confirmMove(ctx context.Context, serials []token.Serial, by token.Command, to token.State, what string, yes bool) error {
	if yes {
		return nil
	}
	// Opened for writing first, so that an older store is brought up to date.
	if err := r.withDesk(ctx, func(*desk.Desk) error { return nil }); err != nil {
		return err
	}
	var all []report.Token
	err := r.withReports(ctx, func(reader report.Reader) error {
		for _, s := range serials {
			t, err := reader.Find(s)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		if _, err := (token.Token{Standing: token.Standing{State: t.State}, Software: t.Software}).Move(by, to); err != nil || t.State == to {
			return nil // what is lost already ends no more
		}
	}
	return r.confirm(ctx, false, moveQuestion(all, to, what))
}

// namedInQuestion is how many tokens a question names.
const namedInQuestion = 5

func moveQuestion(all []report.Token, to token.State, what string) string {
	if len(all) == 1 {
		if t := all[0]; what == "" {
			return fmt.Sprintf("End the binding of token %s to %s (it will be %s)", t.Serial, *t.Account, to)
		}
	}
	names := make([]string, 0, namedInQuestion+1)
	for _, t := range all[:min(len(all), namedInQuestion)] {
		whose := string(t.State)
		if t.Account != nil {
			whose += " " + *t.Account
		}
		names = append(names, fmt.Sprintf("%s (%s)", t.Serial, whose))
	}
	if n := len(all) - namedInQuestion; n > 0 {
		names = append(names, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(names, ", ") + ". " + what
}
