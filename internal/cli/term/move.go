package term

import (
	"context"
	"fmt"
	"strings"

	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/token"
)

// ConfirmMove asks before something ends, with whose token it is. Where the move
// is not possible nothing is asked: the refusal says more.
func (r *Run) ConfirmMove(ctx context.Context, serials []token.Serial, by token.Command, to token.State, what string, yes bool) error {
	if yes {
		return nil
	}
	// Opened for writing first, so that an older store is brought up to date.
	if err := r.WithDesk(ctx, func(*desk.Desk) error { return nil }); err != nil {
		return err
	}
	var all []report.Token
	err := r.WithReports(ctx, func(reader report.Reader) error {
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
	return r.Confirm(ctx, false, moveQuestion(all, to, what))
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
		return r.PrintToken(ctx, t, func() string {
			whose := ""
			if t.Account != "" {
				whose = " (" + string(t.Account) + ")"
			}
			return fmt.Sprintf("Token %s is %s now%s.", t.Serial, t.State, whose)
		})
	})
}

// PrintToken tells what became of a token: a person in words, a script with the
// object that show prints. That is read back, since a use case does not know of
// all that reports know (the last observation of the clock).
func (r *Run) PrintToken(ctx context.Context, t token.Token, words func() string) error {
	if !r.JSON {
		r.Say("%s", words())
		return nil
	}
	return r.WithReports(ctx, func(reader report.Reader) error {
		now, err := reader.Find(t.Serial)
		if err != nil {
			return err
		}
		return r.PrintJSON(now)
	})
}
