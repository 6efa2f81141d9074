package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/report"
	"fob/internal/token"
)

// Completion reads the store as any other command does. What goes wrong gives
// no suggestions: nobody wants an error in the middle of a line.

// maxCompletions is how many serials a shell is offered: more cannot be read.
const maxCompletions = 50

type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeSerials offers serials of tokens in any of the states, none meaning
// all, for the first argument.
func (r *root) completeSerials(states ...token.State) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		_ = r.withReports(contextOf(cmd), func(reader report.Reader) error {
			found = serialsIn(reader, states, token.Serial(typed))
			return nil
		})
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// atAnyPlace offers for every argument what another completer offers for the
// first.
func atAnyPlace(first completer) completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return first(cmd, nil, typed)
	}
}

// thenAnother offers something else for the second argument.
func thenAnother(first, second completer) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return second(cmd, nil, typed)
		}
		return first(cmd, args, typed)
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
			found = append(found, string(t.Serial)+"\t"+clean(whose))
		}
	}
	return found
}

// completeBatches offers batch numbers.
func (r *root) completeBatches(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var found []string
	_ = r.withReports(contextOf(cmd), func(reader report.Reader) error {
		all, err := reader.BatchFiles()
		for _, b := range all {
			if n := fmt.Sprint(b.Number); len(args) == 0 && strings.HasPrefix(n, typed) {
				found = append(found, n+"\t"+clean(b.File))
			}
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completeLocations offers the places that are known.
func (r *root) completeLocations(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var found []string
	_ = r.withReports(contextOf(cmd), func(reader report.Reader) error {
		names, err := reader.Locations()
		for _, name := range token.KnownLocations(names).All() {
			if strings.HasPrefix(token.LocationKey(name), strings.ToLower(typed)) {
				found = append(found, clean(name))
			}
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

func completeStates(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, s := range token.States() {
		all = append(all, string(s))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// fixed offers the same words always.
func fixed(words ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// completions gives every command its suggestions, in one place: which serials
// make sense follows from the table of states.
func (r *root) completions(cmd *cobra.Command) {
	serials := map[string][]token.State{
		"show": nil, "check": nil, "unlock": nil,
		"bind": {token.Assigned, token.InStock}, "assign": {token.InStock}, "unassign": {token.Assigned},
		"unbind": {token.Bound}, "found": {token.Lost}, "release": {token.Quarantined},
		"suspend": {token.Bound}, "resume": {token.Suspended}, "replace": {token.Bound, token.Suspended, token.Assigned},
		"lost": token.SourcesOf(token.CmdLost), "quarantine": token.SourcesOf(token.CmdQuarantine), "retire": token.SourcesOf(token.CmdRetire),
		"resync": {token.Bound, token.Assigned, token.InStock}, "list": nil, "move": nil,
	}
	flags := map[string]completer{
		"location": r.completeLocations, "state": completeStates, "batch": r.completeBatches, "format": fixed(app.FormatNames()...),
		"encoding": fixed("hex", "base32", "base64"), "type": fixed("totp", "hotp"),
		"hash": fixed("sha1", "sha256", "sha512"), "to": fixed(string(token.InStock), string(token.Quarantined)),
	}
	for _, c := range cmd.Commands() {
		if states, ok := serials[c.Name()]; ok && !c.HasSubCommands() && cmd.Name() == "fob" {
			c.ValidArgsFunction = r.completeSerials(states...)
			switch c.Name() {
			case "quarantine", "retire", "move": // of several tokens
				c.ValidArgsFunction = atAnyPlace(c.ValidArgsFunction)
			case "bind", "assign": // to whom
				c.ValidArgsFunction = thenAnother(c.ValidArgsFunction, r.completeAccounts)
			case "replace": // by one that is in stock
				c.ValidArgsFunction = thenAnother(c.ValidArgsFunction, r.completeSerials(token.InStock))
			}
		}
		switch {
		case cmd.Name() == "batch" && c.Name() != "list":
			c.ValidArgsFunction = r.completeBatches
		case cmd.Name() == "account" && c.Name() != "import":
			c.ValidArgsFunction = r.completeAccounts
		case cmd.Name() == "policy" && c.Name() == "set":
			c.ValidArgsFunction = completeSettings
		}
		for name, fn := range flags {
			if name == "to" && c.Name() == "move" {
				fn = r.completeLocations
			}
			if c.Flags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, fn) // fails for a flag that is not there
			}
		}
		r.completions(c)
	}
}

// completeHelp offers the commands and topics below those that were typed.
func completeHelp(root *cobra.Command, args []string, typed string) (found []string) {
	about, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	for _, c := range about.Commands() {
		if !c.Hidden && strings.HasPrefix(c.Name(), typed) {
			found = append(found, c.Name()+"\t"+c.Short)
		}
	}
	return found
}
