package admin

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

func newPolicyCmd(r *term.Run) *cobra.Command {
	return term.Parent("policy", newPolicyShowCmd(r), newPolicySetCmd(r))
}

func newPolicyShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show",
		Args: term.Exactly(),
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
	var yes *bool
	cmd := &cobra.Command{
		Use:  "set NAME=VALUE...",
		Args: term.AtLeastOne("NAME=VALUE"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			words, err := w.Words(r)
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
			return setPolicy(ctx, r, values, words, *yes)
		}),
	}
	w.AddOfTokens(cmd)
	term.NeedsApprover(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

// confirmSecond asks before the first act waits for a second person: one who works here
// alone could not even take that back.
func confirmSecond(ctx context.Context, r *term.Run, acts string) error {
	return r.WithReports(ctx, func(reader report.Reader) error {
		set, err := reader.Policy()
		if err != nil || set["second-person"] != "" {
			return err
		}
		p, err := token.ParsePolicy(map[string]string{"second-person": acts})
		if err != nil {
			return err
		}
		guarded := slices.DeleteFunc(token.Guardable(), func(g token.Guarded) bool { return !p.Guards(g) })
		r.Remark("From now on these wait for another person, at an account of their own: %s.", token.GuardWords(guarded))
		r.Remark("You cannot take this back alone.")
		return r.ConfirmHere(ctx, false, "Go on")
	})
}

func setPolicy(ctx context.Context, r *term.Run, values map[string]string, words desk.Words, yes bool) error {
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		if acts := values["second-person"]; acts != "" && !yes && !r.JSON {
			if err := confirmSecond(ctx, r, acts); err != nil {
				return err
			}
		}
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
