package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

func newAccountCmd(r *root) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "account",
		Short: "People: who is on the list, who left, and what they had",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAccountImportCmd(r), newAccountListCmd(r), newAccountShowCmd(r), newAccountEraseCmd(r))
	return cmd
}

func newAccountListCmd(r *root) *cobra.Command {
	f := report.AccountFilter{}
	cmd := &cobra.Command{
		Use:   "list [PREFIX]",
		Short: "List accounts: on the list of people, left, or only typed",
		Long: `List accounts by name, or those whose names begin with PREFIX. An account is listed
(on the newest list of people), left (it was on one before; kept because it had
tokens), or typed (no list ever had it). A pipe gets tab-separated rows: account,
full name, standing, since when, tokens, the list's id.`,
		Example: "  fob account list --left\n  fob account list anna --json\n  fob account list --tokens --limit 50",
		Args:    atMost(1),
		RunE: r.run(func(ctx context.Context, args []string) error {
			if f.Limit < 0 {
				return fault.Errorf(fault.Usage, "--limit %d: a number of accounts is 0 or more", f.Limit)
			}
			if len(args) > 0 {
				f.Prefix = args[0]
			}
			return r.withReports(ctx, func(reader report.Reader) error { return r.listAccounts(reader, f) })
		}),
	}
	fl := cmd.Flags()
	fl.BoolVar(&f.Left, "left", false, "only accounts that left")
	fl.BoolVar(&f.Tokens, "tokens", false, "only accounts that have tokens")
	fl.IntVar(&f.Limit, "limit", 0, "at most this many (0: all)")
	return cmd
}

func (r *root) listAccounts(reader report.Reader, f report.AccountFilter) error {
	out := r.newJSONList()
	t := r.newTable("ACCOUNT", "NAME", "STANDING", "SINCE", "TOKENS", "ID").spares("ID", "NAME", "SINCE")
	for a, err := range reader.Accounts(f) {
		if err != nil {
			return err
		}
		if r.json {
			err = out.add(a)
		} else {
			err = t.add(a.Account, a.FullName, a.Standing, a.Since, a.Tokens, a.PersonID)
		}
		if err != nil {
			return err
		}
	}
	if r.json {
		return out.end()
	}
	return t.flush()
}

func newAccountShowCmd(r *root) *cobra.Command {
	return &cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Show an account with every token that it ever had",
		Long: `Show an account: how it stands with the list of people, what it was called before,
and every token that was ever bound to it, with the proof and the codes on which, or
was sent to it and never proven. A former name finds it too. A pipe gets the facts,
then one tab-separated row a token: held, serial, state, bound when, ended when, by
whom, proof, codes, ticket, assigned when (of those that were never bound).`,
		Example: "  fob account show anna@example.com\n  fob account show anna@example.com --json",
		Args:    exactly("the account"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			account, err := token.ParseAccount(args[0])
			if err != nil {
				return err
			}
			return r.withReports(ctx, func(reader report.Reader) error {
				a, err := reader.Account(account)
				if err != nil {
					return err
				}
				if r.json {
					return r.printJSON(a)
				}
				return r.printAccount(a)
			})
		}),
	}
}

func (r *root) printAccount(a report.AccountDetail) error {
	facts := []any{"account", a.Account.Account, "name", a.FullName, "id", a.PersonID, "standing", a.Standing, "since", a.Since,
		"tokens", a.Tokens}
	for _, f := range a.Former {
		facts = append(facts, "until "+f.Until.Format("2006-01-02"), f.Account)
	}
	r.facts(facts...)
	if len(a.Held) == 0 {
		return nil
	}
	if r.streams.OutWidth > 0 {
		r.say("")
	}
	t := r.newTable("", "SERIAL", "NOW", "BOUND", "ENDED", "BY", "PROOF", "CODES", "TICKET", "ASSIGNED").spares("BY", "TICKET", "CODES", "PROOF")
	for _, h := range a.Held {
		if err := t.add("held", string(h.Serial), string(h.State), h.Bound, h.Ended, h.By, h.Proof, h.Codes, h.Ticket, h.Assigned); err != nil {
			return err
		}
	}
	return t.flush()
}

// completeAccounts offers accounts that begin as typed.
func (r *root) completeAccounts(cmd *cobra.Command, args []string, typed string) (found []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_ = r.withReports(contextOf(cmd), func(reader report.Reader) error {
		for a, err := range reader.Accounts(report.AccountFilter{Prefix: typed, Limit: maxCompletions}) {
			if err != nil {
				return err
			}
			found = append(found, clean(a.Account)+"\t"+fmt.Sprintf("%s, %s", a.Standing, count(a.Tokens, "token")))
		}
		return nil
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}
