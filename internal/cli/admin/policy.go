package admin

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

func newPolicyCmd(r *term.Run) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "See and set what your organisation demands beyond fob's own rules",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyShowCmd(r), newPolicySetCmd(r))
	return cmd
}

func newPolicyShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show every setting and what holds",
		Long: `Show every setting of the policy, what holds, what would hold if nothing were set,
and what it means. A pipe gets tab-separated rows: name, value, usual value, whether
it was set (yes or nothing), meaning.`,
		Example: "  fob policy show\n  fob policy show --json",
		Args:    term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			return r.WithReports(ctx, func(reader report.Reader) error {
				all, err := report.PolicyOf(reader)
				if err != nil {
					return err
				}
				if r.JSON {
					return r.PrintJSON(all)
				}
				t := r.NewTable("SETTING", "VALUE", "USUAL", "SET", "MEANING").Spares("USUAL")
				for _, s := range all {
					set := ""
					if s.Set {
						set = "yes"
					}
					if err := t.Add(s.Name, s.Value, s.Usual, set, s.Meaning); err != nil {
						return err
					}
				}
				return t.Flush()
			})
		}),
	}
}

func newPolicySetCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{
		Use:   "set NAME=VALUE...",
		Short: "Change what your organisation demands",
		Long: `Change settings of the policy, all of them or none; NAME= takes one back to what is
usual. A policy can demand words of any command, limit the tokens of an account, and
make windows and locks stricter than fob's own. One that would make them looser is
refused, with the odds that it would give a guesser. Every change takes a second
person and is an event with the old and new value.`,
		Example: `  fob policy set require.bind=proof,ticket --approved-by "Eva Brandt"
  fob policy set tokens-per-account=3 codes-needed=2 --approved-by "Eva Brandt"
  fob policy set lock-for=30m lock-after=3 "proofs=badge,video call" --approved-by "Eva Brandt"
  fob policy set require.bind= --approved-by "Eva Brandt"`,
		Args: term.AtLeastOne("NAME=VALUE"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			words, err := w.Approved(r)
			if err != nil {
				return err
			}
			values := map[string]string{}
			for _, a := range args {
				name, value, err := token.ParseSetting(a)
				if err != nil {
					return err
				}
				if _, twice := values[name]; twice {
					return fault.Errorf(fault.Usage, "%s was given twice", name)
				}
				values[name] = value
			}
			return setPolicy(ctx, r, values, words)
		}),
	}
	w.Add(cmd)
	w.AddApprover(cmd)
	term.AddYes(cmd)
	return cmd
}

func setPolicy(ctx context.Context, r *term.Run, values map[string]string, words desk.Words) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		changes, err := d.SetPolicy(ctx, values, words)
		if err != nil {
			return err
		}
		if r.JSON {
			return r.PrintJSON(changes)
		}
		for _, c := range changes {
			r.Say("%s is %s now; it was %s.", c.Name, settingWords(c, c.New), settingWords(c, c.Old))
		}
		return nil
	})
}

func settingWords(c trail.PolicyChange, value string) string {
	if value != "" {
		return value
	}
	for _, s := range token.Settings() {
		if s.Name == c.Name && s.Usual != "" {
			return s.Usual + ", as usual"
		}
	}
	return "not set"
}

// CompleteSettings offers the names of settings.
func CompleteSettings(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, s := range token.Settings() {
		all = append(all, s.Name+"=\t"+s.Meaning)
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
