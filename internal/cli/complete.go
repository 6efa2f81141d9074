package cli

import (
	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/admin"
	"fob/internal/cli/term"
	"fob/internal/token"
)

// atAnyPlace offers for every argument what another completer offers for the
// first.
func atAnyPlace(first term.Completer) term.Completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return first(cmd, nil, typed)
	}
}

// thenAnother offers something else for the second argument.
func thenAnother(first, second term.Completer) term.Completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return second(cmd, nil, typed)
		}
		return first(cmd, args, typed)
	}
}

func completeStates(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, s := range token.States() {
		all = append(all, string(s))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// completions gives every command its suggestions, in one place: which serials
// make sense follows from the table of states.
func completions(r *term.Run, cmd *cobra.Command) {
	serials := map[string][]token.State{
		"show": nil, "check": nil, "unlock": nil,
		"bind": {token.Assigned, token.InStock}, "assign": {token.InStock}, "unassign": {token.Assigned},
		"unbind": {token.Bound}, "found": {token.Lost}, "release": {token.Quarantined},
		"suspend": {token.Bound}, "resume": {token.Suspended}, "replace": {token.Bound, token.Suspended, token.Assigned},
		"lost": token.SourcesOf(token.CmdLost), "quarantine": token.SourcesOf(token.CmdQuarantine), "retire": token.SourcesOf(token.CmdRetire),
		"resync": {token.Bound, token.Assigned, token.InStock}, "list": nil, "move": nil,
	}
	flags := map[string]term.Completer{
		"location": r.CompleteLocations, "state": completeStates, "batch": r.CompleteBatches, "format": term.Fixed(app.FormatNames()...),
		"encoding": term.Fixed("hex", "base32", "base64"), "type": term.Fixed("totp", "hotp"),
		"hash": term.Fixed("sha1", "sha256", "sha512"), "to": term.Fixed(string(token.InStock), string(token.Quarantined)),
	}
	for _, c := range cmd.Commands() {
		if states, ok := serials[c.Name()]; ok && !c.HasSubCommands() && cmd.Name() == "fob" {
			c.ValidArgsFunction = r.CompleteSerials(states...)
			switch c.Name() {
			case "quarantine", "retire", "move": // of several tokens
				c.ValidArgsFunction = atAnyPlace(c.ValidArgsFunction)
			case "bind", "assign": // to whom
				c.ValidArgsFunction = thenAnother(c.ValidArgsFunction, r.CompleteAccounts)
			case "replace": // by one that is in stock
				c.ValidArgsFunction = thenAnother(c.ValidArgsFunction, r.CompleteSerials(token.InStock))
			}
		}
		switch {
		case cmd.Name() == "batch" && c.Name() != "list":
			c.ValidArgsFunction = r.CompleteBatches
		case cmd.Name() == "account" && c.Name() != "import":
			c.ValidArgsFunction = r.CompleteAccounts
		case cmd.Name() == "policy" && c.Name() == "set":
			c.ValidArgsFunction = admin.CompleteSettings
		}
		for name, fn := range flags {
			if name == "to" && c.Name() == "move" {
				fn = r.CompleteLocations
			}
			if c.Flags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, fn) // fails for a flag that is not there
			}
		}
		completions(r, c)
	}
}
