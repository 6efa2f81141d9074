package admin

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/request"
	"fob/internal/token"
)

func newRequestCmd(r *term.Run) *cobra.Command {
	return term.Parent("request", newRequestListCmd(r), newRequestShowCmd(r), newRequestApproveCmd(r),
		newRequestEndCmd(r, "deny"), newRequestEndCmd(r, "withdraw"), newRequestRunCmd(r))
}

func requestNumber(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(text, "#"))
	if err != nil || n < 1 {
		return 0, fault.Errorf(fault.Usage, "%q is no number of a request", text).WithHint("%s shows which there are", fault.Do("request list"))
	}
	return n, nil
}

// withRequest is for the commands about one request.
func withRequest(ctx context.Context, r *term.Run, number string, fn func(request.Registry, int) error) error {
	n, err := requestNumber(number)
	if err != nil {
		return err
	}
	return r.WithUseCases(ctx, func(u *app.UseCases) error { return fn(u.Requests, n) })
}

func newRequestListCmd(r *term.Run) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:  "list",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			list, err := r.Config().RequestList(ctx, all)
			if err != nil {
				return err
			}
			if r.JSON {
				return r.PrintJSON(list)
			}
			if len(list) == 0 && all {
				r.Remark("nobody made a request yet")
			} else if len(list) == 0 {
				r.Remark("nothing waits for a second person; --all lists what did")
			}
			t := r.NewTable("REQUEST", "STATE", "COMMAND", "WHAT", "BY", "ENDS").Spares("COMMAND")
			for _, q := range list {
				if err := t.Add(q.Number, stateWords(q), q.Command, q.Effect, q.By, q.Ends); err != nil {
					return err
				}
			}
			return t.Flush()
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "those that are over as well")
	return cmd
}

// stateWords says of a request that nobody can use any more that it is void.
func stateWords(q request.Request) string {
	if q.Void {
		return "void"
	}
	return string(q.State)
}

func newRequestShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show NUMBER",
		Args: term.Exactly("the number of the request"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			n, err := requestNumber(args[0])
			if err != nil {
				return err
			}
			q, err := r.Config().Request(ctx, n)
			if err != nil {
				return err
			}
			return printRequest(r, q)
		}),
	}
}

func printRequest(r *term.Run, q request.Request) error {
	if r.JSON {
		return r.PrintJSON(q)
	}
	t := r.NewTable("FIELD", "VALUE").Whole("VALUE")
	add := func(name string, value any) error {
		if value == "" {
			return nil
		}
		return t.Add(name, value)
	}
	decided, at := "", ""
	if q.Decider != nil {
		decided, at = *q.Decider, q.Decided.Format(time.RFC3339)
	}
	event := ""
	if q.Event != 0 {
		event = strconv.FormatInt(q.Event, 10)
	}
	void := ""
	if q.Void {
		void = "a token that it is about has changed since; withdraw or deny it, and ask anew"
	}
	var files []string
	for _, f := range q.Files {
		files = append(files, f.Name+" "+f.SHA256)
	}
	for _, row := range []struct {
		name  string
		value any
	}{
		{"request", q.Number}, {"state", stateWords(q)}, {"void because", void}, {"command", string(q.Command)}, {"effect", q.Effect}, {"arguments", strings.Join(q.What, " ")},
		{"tokens", serialWords(q.Tokens)}, {"files", strings.Join(files, ", ")}, {"account", string(q.Account)}, {"reason", q.Reason}, {"ticket", q.Ticket}, {"proof", q.Proof}, {"asked by", q.By}, {"asked", q.Asked},
		{"ends", q.Ends}, {"decided by", decided}, {"decided", at}, {"approved because", q.Consent}, {"denied because", q.Denial}, {"done by event", event},
	} {
		if err := add(row.name, row.value); err != nil {
			return err
		}
	}
	return t.Flush()
}

// mostShown is how many tokens of a request a person is shown; --json has all of them.
const mostShown = 20

func serialWords(all []token.Serial) string {
	n := len(all)
	if n == 0 {
		return ""
	}
	words := fmt.Sprintf("%d: %s", n, token.Join(all[:min(n, mostShown)], ", "))
	if n > mostShown {
		words += fmt.Sprintf(" and %d more", n-mostShown)
	}
	return words
}

func newRequestApproveCmd(r *term.Run) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: "approve NUMBER", Args: term.Exactly("the number of the request")}
	w.AddReason(cmd)
	yes := term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		return withRequest(ctx, r, args[0], func(g request.Registry, n int) error {
			q, err := g.Approvable(ctx, n)
			if err != nil {
				return err
			}
			if !*yes && r.AsksHere() { // nobody approves what they did not see
				if err := printRequest(r, q); err != nil {
					return err
				}
			}
			if err := r.Confirm(ctx, *yes, "Let "+q.By+" "+q.Effect); err != nil {
				return err
			}
			if q, err = g.Approve(ctx, n, words); err != nil {
				return err
			}
			return sayRequest(r, q, "Request %d is approved: %s may %s, until %s.", q.Number, q.By, q.Effect, q.Ends.Format(time.RFC3339))
		})
	})
	return cmd
}

func sayRequest(r *term.Run, q request.Request, format string, args ...any) error {
	if r.JSON {
		return r.PrintJSON(q)
	}
	r.Say(format, args...)
	return nil
}

func sayEnded(r *term.Run, q request.Request, how string) error {
	if c := r.Config(); c.Staged() {
		r.Remark("%s is a whole copy of the store: if the backup is not to be restored, remove it, with the files whose names begin with its name", c.DB)
	}
	return sayRequest(r, q, "Request %d is %s.", q.Number, how)
}

// newRequestEndCmd makes deny and withdraw.
func newRequestEndCmd(r *term.Run, how string) *cobra.Command {
	var w term.SaidFlags
	cmd := &cobra.Command{Use: how + " NUMBER", Args: term.Exactly("the number of the request")}
	w.AddReason(cmd)
	term.AddYes(cmd)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		if how == "deny" && words.Reason == "" {
			return fault.Errorf(fault.Refused, "who asked will want to know why").WithHint("say it with %s", fault.Reason)
		}
		return withRequest(ctx, r, args[0], func(g request.Registry, n int) error {
			if how == "withdraw" {
				q, err := g.Withdraw(ctx, n, words)
				if err != nil {
					return err
				}
				return sayEnded(r, q, "withdrawn")
			}
			q, err := g.Deny(ctx, n, words)
			if err != nil {
				return err
			}
			return sayEnded(r, q, "denied")
		})
	})
	return cmd
}

func newRequestRunCmd(r *term.Run) *cobra.Command {
	var yes *bool
	cmd := &cobra.Command{
		Use:  "run NUMBER",
		Args: term.Exactly("the number of the request"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			var q request.Request
			err := withRequest(ctx, r, args[0], func(g request.Registry, n int) (err error) {
				q, err = g.Runnable(ctx, n)
				return err
			})
			if err != nil {
				return err
			}
			r.Running = &q
			return r.Again(ctx, q.Line, *yes)
		}),
	}
	yes = term.AddYes(cmd)
	return cmd
}

// CompleteRequests offers the requests that are not over.
func CompleteRequests(r *term.Run) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		list, _ := r.Config().RequestList(cmd.Context(), false) // without a store there is nothing to offer
		var all []string
		for _, q := range list {
			all = append(all, strconv.Itoa(q.Number)+"\t"+q.Effect)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}
