package term

import (
	"context"
	"fmt"
	"strings"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/token"
)

// ConfirmMove asks before something ends, with whose token it is.
func (r *Run) ConfirmMove(ctx context.Context, serials []token.Serial, by token.Command, to token.State, what string, yes bool) error {
	if yes {
		return nil
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		all, err := d.Ending(ctx, serials, by, to)
		if err != nil || len(all) == 0 {
			return err
		}
		return r.Confirm(ctx, false, moveQuestion(all, to, what))
	})
}

// namedInQuestion is how many tokens a question names.
const namedInQuestion = 5

func moveQuestion(all []token.Token, to token.State, what string) string {
	if len(all) == 1 {
		if t := all[0]; what == "" {
			return fmt.Sprintf("End the binding of token %s to %s (it will be %s)", t.Serial, t.Account, strings.ReplaceAll(string(to), "_", " "))
		}
	}
	names := make([]string, 0, namedInQuestion+1)
	for _, t := range all[:min(len(all), namedInQuestion)] {
		whose := strings.ReplaceAll(string(t.State), "_", " ")
		if t.Account != "" {
			whose += " " + string(t.Account)
		}
		names = append(names, fmt.Sprintf("%s (%s)", t.Serial, whose))
	}
	if n := len(all) - namedInQuestion; n > 0 {
		names = append(names, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(names, ", ") + ". " + what
}

func (r *Run) MoveToken(ctx context.Context, c desk.Change) error {
	return r.MoveTokenWith(ctx, c, func() error { return nil }, func(_ token.Token, err error) error { return err })
}

// MoveTokenWith moves a token between what has to be made ready and what has to be
// finished, such as a receipt.
func (r *Run) MoveTokenWith(ctx context.Context, c desk.Change, ready func() error, finish func(token.Token, error) error) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		if err := ready(); err != nil {
			return err
		}
		t, err := d.Move(ctx, c)
		if err := finish(t, err); err != nil {
			return err
		}
		return r.PrintMovedOne(ctx, t)
	})
}

// PrintMovedOne tells what became of one token.
func (r *Run) PrintMovedOne(ctx context.Context, t token.Token) error {
	return r.PrintToken(ctx, t, func() string {
		whose := ""
		if t.Account != "" {
			whose = " (" + string(t.Account) + ")"
		}
		return fmt.Sprintf("Token %s is %s now%s%s.", t.Serial, StateNow(t), whose, ForGood(t))
	})
}

// PrintMoved tells what became of several tokens, a script with an array.
func (r *Run) PrintMoved(ctx context.Context, all []token.Token) (err error) {
	if !r.JSON {
		for _, t := range all {
			if t.State == token.Retired {
				r.Say("Token %s is %s now; its serial comes back only if the device is burnt anew with another seed (import --reburnt).", t.Serial, t.State)
				continue
			}
			r.Say("Token %s is %s now%s.", t.Serial, StateNow(t), ForGood(t))
		}
		return r.RemindOfVerifiers(ctx, all...)
	}
	return r.WithReports(ctx, func(reader report.Reader) error {
		rows := make([]report.Token, len(all))
		for i, t := range all {
			if rows[i], err = reader.Find(t.Serial); err != nil {
				return err
			}
		}
		return r.PrintJSON(rows)
	})
}

// StateNow is what a token that was moved is: of one that is lost, whether it was stolen.
func StateNow(t token.Token) string {
	if t.IsStolen() {
		return "recorded as stolen"
	}
	return string(t.State)
}

// ForGood says of a token whose seed leaked, or that was stolen, what it takes to come
// back.
func ForGood(t token.Token) string {
	switch {
	case t.State != token.Quarantined:
		return ""
	case t.Leaked:
		return " for good: others may know its seed, and the only way on is `fob retire`"
	case t.WasStolen:
		return "; it was stolen, and comes back only with a second person and a reason"
	}
	return ""
}

// PrintToken tells what became of a token: a person in words, a script with the
// object that show prints. That is read back, since a use case does not know of
// all that reports know (the last observation of the clock).
func (r *Run) PrintToken(ctx context.Context, t token.Token, words func() string) error {
	if !r.JSON {
		r.Say("%s", words())
		return r.RemindOfVerifiers(ctx, t)
	}
	return r.WithReports(ctx, func(reader report.Reader) error {
		now, err := report.Tell(reader, t.Serial)
		if err != nil {
			return err
		}
		return r.PrintJSON(now)
	})
}

// RemindOfVerifiers says what is left to do at verifiers about tokens that were moved.
func (r *Run) RemindOfVerifiers(ctx context.Context, moved ...token.Token) error {
	return r.WithReports(ctx, func(reader report.Reader) error {
		left, err := report.Left(reader, moved...)
		for _, text := range left[:min(len(left), namedInQuestion)] {
			r.Remark("%s.", text.In(Wording{}))
		}
		if more := len(left) - namedInQuestion; more > 0 {
			r.Remark("And %d more: `fob report open`.", more)
		}
		return err
	})
}

// SerialsOf takes typed serials. One that is named twice is an oversight that
// would otherwise be refused as an impossible second move.
func SerialsOf(args []string) (all []token.Serial, err error) {
	seen := map[string]bool{}
	for _, a := range args {
		s, err := token.TypedSerial(a)
		if err != nil {
			return nil, err
		}
		if !seen[s.Key()] {
			seen[s.Key()], all = true, append(all, s)
		}
	}
	return all, nil
}
