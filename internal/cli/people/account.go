package people

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

func newAccountCmd(r *term.Run) *cobra.Command {
	return term.Parent("account", newAccountImportCmd(r), newAccountListCmd(r), newAccountShowCmd(r), newAccountEraseCmd(r))
}

func newAccountListCmd(r *term.Run) *cobra.Command {
	f := report.AccountFilter{}
	cmd := &cobra.Command{
		Use:  "list [PREFIX]",
		Args: term.AtMost(1),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			if f.Limit < 0 {
				return fault.Errorf(fault.Usage, "--limit %d: a number of accounts is 0 or more", f.Limit)
			}
			if len(args) > 0 {
				f.Prefix = args[0]
			}
			return r.WithReports(ctx, func(reader report.Reader) error { return listAccounts(r, reader, f) })
		}),
	}
	fl := cmd.Flags()
	fl.BoolVar(&f.Left, "left", false, "only accounts that left")
	fl.BoolVar(&f.Tokens, "tokens", false, "only accounts that have tokens")
	fl.IntVarP(&f.Limit, "limit", "n", 0, "at most `N` accounts (default: all)")
	return cmd
}

func listAccounts(r *term.Run, reader report.Reader, f report.AccountFilter) error {
	out := r.NewJSONList()
	t := r.NewTable("ACCOUNT", "NAME", "STANDING", "SINCE", "TOKENS", "ID").Spares("ID", "NAME", "SINCE")
	for a, err := range reader.Accounts(f) {
		if err != nil {
			return err
		}
		if r.JSON {
			err = out.Add(a)
		} else {
			err = t.Add(a.Account, a.FullName, a.Standing, a.Since, a.Tokens, a.PersonID)
		}
		if err != nil {
			return err
		}
	}
	if r.JSON {
		return out.End()
	}
	return t.Flush()
}

func newAccountShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show ACCOUNT",
		Args: term.Exactly("the account"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			account, err := token.ParseAccount(args[0])
			if err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error {
				a, err := reader.Account(account)
				if err != nil {
					return err
				}
				if r.JSON {
					return r.PrintJSON(a)
				}
				return printAccount(r, a)
			})
		}),
	}
}

func printAccount(r *term.Run, a report.AccountDetail) error {
	facts := []any{"account", a.Account.Account, "name", a.FullName, "id", a.PersonID, "standing", a.Standing, "since", a.Since,
		"tokens", a.Tokens}
	for _, f := range a.Former {
		facts = append(facts, "until "+f.Until.Format("2006-01-02"), f.Account)
	}
	r.Facts(facts...)
	if len(a.Held) == 0 {
		return nil
	}
	if r.Streams.OutWidth > 0 {
		r.Say("")
	}
	t := r.NewTable("", "SERIAL", "NOW", "BOUND", "ENDED", "BY", "PROOF", "CODES", "TICKET", "ASSIGNED").Spares("BY", "TICKET", "CODES", "PROOF")
	for _, h := range a.Held {
		if err := t.Add("held", string(h.Serial), string(h.State), h.Bound, h.Ended, h.By, h.Proof, h.Codes, h.Ticket, h.Assigned); err != nil {
			return err
		}
	}
	return t.Flush()
}
