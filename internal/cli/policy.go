package cli

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

func newPolicyCmd(r *root) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "See and set what your organisation demands beyond fob's own rules",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyShowCmd(r), newPolicySetCmd(r))
	return cmd
}

func newPolicyShowCmd(r *root) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show every setting and what holds",
		Long: `Show every setting of the policy, what holds, what would hold if nothing were set,
and what it means. A pipe gets tab-separated rows: name, value, usual value, whether
it was set (yes or nothing), meaning.`,
		Example: "  fob policy show\n  fob policy show --json",
		Args:    exactly(),
		RunE: r.run(func(ctx context.Context, _ []string) error {
			return r.withReports(ctx, func(reader report.Reader) error {
				all, err := report.PolicyOf(reader)
				if err != nil {
					return err
				}
				if r.json {
					return r.printJSON(all)
				}
				t := r.newTable("SETTING", "VALUE", "USUAL", "SET", "MEANING").spares("USUAL")
				for _, s := range all {
					set := ""
					if s.Set {
						set = "yes"
					}
					if err := t.add(s.Name, s.Value, s.Usual, set, s.Meaning); err != nil {
						return err
					}
				}
				return t.flush()
			})
		}),
	}
}

func newPolicySetCmd(r *root) *cobra.Command {
	var w wordFlags
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
		Args: atLeastOne("NAME=VALUE"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			words, err := w.approved(r)
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
			return r.setPolicy(ctx, values, words)
		}),
	}
	w.add(cmd)
	w.addApprover(cmd)
	addYes(cmd)
	return cmd
}

func (r *root) setPolicy(ctx context.Context, values map[string]string, words desk.Words) error {
	return r.withDesk(ctx, func(d *desk.Desk) error {
		changes, err := d.SetPolicy(ctx, values, words)
		if err != nil {
			return err
		}
		if r.json {
			return r.printJSON(changes)
		}
		for _, c := range changes {
			r.say("%s is %s now; it was %s.", c.Name, settingWords(c, c.New), settingWords(c, c.Old))
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

// completeSettings offers the names of settings.
func completeSettings(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, s := range token.Settings() {
		all = append(all, s.Name+"=\t"+s.Meaning)
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
