package out

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/provision"
	"fob/internal/token"
)

func newVerifierCmd(r *term.Run) *cobra.Command {
	return term.Parent("verifier", newVerifierAddCmd(r), newVerifierListCmd(r), newVerifierRemoveCmd(r), newVerifierDoneCmd(r), newVerifierReconcileCmd(r))
}

func newVerifierAddCmd(r *term.Run) *cobra.Command {
	var target string
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "add NAME", Args: term.Exactly("the verifier's name")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		name, err := provision.ParseVerifier(args[0])
		if err != nil {
			return err
		}
		if target == "" {
			return fault.Errorf(fault.Usage, "--for is missing").WithHint("it says what the verifier reads: `fob help targets`")
		}
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			v, err := u.Out.AddVerifier(ctx, name, target, words)
			return printVerifier(r, v, err, "The verifier %s is known now: --verifier %[1]s names it.")
		})
	})
	cmd.Flags().StringVar(&target, "for", "", "what it reads: a `TARGET` of fob help targets")
	_ = cmd.RegisterFlagCompletionFunc("for", term.Fixed(targetNames()...)) // fails for a flag that is not there
	w.Add(cmd)
	term.AddYes(cmd)
	return cmd
}

func printVerifier(r *term.Run, v provision.Verifier, err error, says string) error {
	if err != nil {
		return err
	}
	if r.JSON {
		return r.PrintJSON(v)
	}
	r.Say(says, v.Name)
	return nil
}

func newVerifierListCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{Use: "list", Args: term.Exactly(), RunE: r.Start(func(ctx context.Context, _ []string) error {
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			all, err := u.Out.Verifiers(ctx)
			if err != nil {
				return err
			}
			if r.JSON {
				return r.PrintJSON(all)
			}
			t := r.NewTable("VERIFIER", "TARGET", "TOKENS", "OPEN", "ADDED")
			for _, v := range all {
				if err := t.Add(v.Name, v.Target, v.Tokens, v.Open, v.AddedAt); err != nil {
					return err
				}
			}
			if err := t.Flush(); err != nil {
				return err
			}
			unnamed, err := u.Out.Unnamed(ctx)
			switch {
			case len(unnamed) > 0:
				r.Remark("seeds went also to %s, under the target's own name; `fob verifier add NAME --for TARGET` gives a system a name", strings.Join(unnamed, ", "))
			case len(all) == 0:
				r.Remark("no verifiers yet; `fob verifier add NAME --for TARGET` adds one")
			}
			return err
		})
	})}
}

func newVerifierRemoveCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var yes *bool
	cmd := &cobra.Command{Use: "remove NAME", Args: term.Exactly("the verifier's name")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		name, err := provision.ParseVerifier(args[0])
		if err != nil {
			return err
		}
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			if _, err := u.Out.TargetOf(ctx, name); err != nil {
				return err
			}
			if err := r.Confirm(ctx, *yes, "The verifier "+name+" is no more, and accepts nothing of what it got: remove it"); err != nil {
				return err
			}
			v, err := u.Out.RemoveVerifier(ctx, name, words)
			return printVerifier(r, v, err, "The verifier %s was removed.")
		})
	})
	w.Add(cmd)
	yes = term.AddYes(cmd)
	return cmd
}

func newVerifierDoneCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	var at string
	cmd := &cobra.Command{Use: "done NAME SERIAL...", Args: term.AtLeast("the verifier's name", "the serial")}
	cmd.RunE = r.Start(func(ctx context.Context, args []string) (err error) {
		req := provision.Ending{}
		if req.Verifier, err = provision.ParseVerifier(args[0]); err != nil {
			return err
		}
		for _, a := range args[1:] {
			s, err := token.TypedSerial(a)
			if err != nil {
				return err
			}
			req.Serials = append(req.Serials, s)
		}
		if at != "" {
			if req.At, err = time.Parse(time.RFC3339, at); err != nil {
				return fault.Errorf(fault.Usage, "--at %q: give day and time, such as %s, or +01:00 for the zone", term.Clean(at), r.Now().UTC().Format(time.RFC3339))
			}
		}
		if req.Words, err = w.Words(r); err != nil {
			return err
		}
		return r.WithUseCases(ctx, func(u *app.UseCases) error {
			out, err := u.Out.Done(ctx, req)
			if err != nil {
				return err
			}
			if r.JSON {
				return r.PrintJSON(out)
			}
			r.Say("%s: %s accepted there no more since %s.", out.Verifier, tokensAre(out.Closed), out.At.Format("2006-01-02 15:04 UTC"))
			return nil
		})
	})
	cmd.Flags().StringVar(&at, "at", "", "`TIME` when it was done there, RFC 3339 (default: now)")
	w.Add(cmd)
	term.AddYes(cmd)
	return cmd
}

func tokensAre(all []token.Serial) string {
	if len(all) == 1 {
		return "token " + string(all[0]) + " is"
	}
	return term.Count(len(all), "token") + " are"
}
