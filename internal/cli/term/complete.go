package term

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/report"
	"fob/internal/token"
)

// CompleteAccounts offers accounts that begin as typed.
func (r *Run) CompleteAccounts(cmd *cobra.Command, args []string, typed string) (found []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	_ = r.WithReports(contextOf(cmd), func(reader report.Reader) error {
		for a, err := range reader.Accounts(report.AccountFilter{Prefix: typed, Limit: maxCompletions}) {
			if err != nil {
				return err
			}
			found = append(found, Clean(a.Account)+"\t"+fmt.Sprintf("%s, %s", a.Standing, Count(a.Tokens, "token")))
		}
		return nil
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

// Completion reads the store as any other command does. What goes wrong gives
// no suggestions: nobody wants an error in the middle of a line.

// maxCompletions is how many serials a shell is offered: more cannot be read.
const maxCompletions = 50

type Completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// CompleteSerials offers serials of tokens in any of the states, none meaning
// all, for the first argument.
func (r *Run) CompleteSerials(states ...token.State) Completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		_ = r.WithReports(contextOf(cmd), func(reader report.Reader) error {
			found = serialsIn(reader, states, token.Serial(typed))
			return nil
		})
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func serialsIn(reader report.Reader, states []token.State, prefix token.Serial) (found []string) {
	if len(states) == 0 {
		states = []token.State{""}
	}
	for _, s := range states {
		for t, err := range reader.Tokens(report.Filter{State: s, Prefix: prefix, Limit: maxCompletions}) {
			if err != nil {
				return found
			}
			whose := string(t.State)
			if t.Account != nil {
				whose += " " + *t.Account
			}
			found = append(found, string(t.Serial)+"\t"+Clean(whose))
		}
	}
	return found
}

// CompleteBatches offers batch numbers.
func (r *Run) CompleteBatches(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var found []string
	_ = r.WithReports(contextOf(cmd), func(reader report.Reader) error {
		all, err := reader.BatchFiles()
		for _, b := range all {
			if n := fmt.Sprint(b.Number); len(args) == 0 && strings.HasPrefix(n, typed) {
				found = append(found, n+"\t"+Clean(b.File))
			}
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

// CompleteLocations offers the places that are known.
func (r *Run) CompleteLocations(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var found []string
	_ = r.WithReports(contextOf(cmd), func(reader report.Reader) error {
		names, err := reader.Locations()
		for _, name := range token.KnownLocations(names).All() {
			if strings.HasPrefix(token.LocationKey(name), strings.ToLower(typed)) {
				found = append(found, Clean(name))
			}
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// Fixed offers the same words always.
func Fixed(words ...string) Completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
