package people

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

func newAccountEraseCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var yes *bool
	cmd := &cobra.Command{
		Use:  "erase ACCOUNT",
		Args: term.Exactly("the account"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			account, err := token.ParseAccount(args[0])
			if err != nil {
				return err
			}
			words, err := w.Approved(r)
			if err != nil {
				return err
			}
			if words.Reason == "" {
				return fault.Errorf(fault.Usage, "--reason is missing: why is %s erased?", account).WithHint("without naming the person: the reason stays")
			}
			return eraseAccount(ctx, r, account, words, *yes)
		}),
	}
	w.Add(cmd)
	term.NeedsApprover(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

func eraseAccount(ctx context.Context, r *term.Run, a token.Account, w desk.Words, yes bool) error {
	return r.WithUseCases(ctx, func(u *app.UseCases) error {
		texts, err := u.People.Erasable(ctx, a, w)
		if err != nil {
			return err
		}
		if err := r.Confirm(ctx, yes, fmt.Sprintf("Erase %s and %s for good", a, term.Count(texts, "text"))); err != nil {
			return err
		}
		res, err := u.People.Erase(ctx, a, w)
		if err != nil {
			return err
		}
		if res.LogLeft {
			r.Remark("somebody is reading an older state of the store: the texts stay in its log until the last program has closed it")
		}
		if r.JSON {
			return r.PrintJSON(res)
		}
		if res.Events == 0 {
			r.Say("Erased: what the list of people said of it; no event named it. The event calls it %s.", res.Account)
			return nil
		}
		r.Say("Erased: %s of %s; in their place stands %s.", term.Count(res.Texts, "text"), term.Count(res.Events, "event"), res.Account)
		return nil
	})
}
