package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/admin"
	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
)

// most is how many serials or accounts a shell is offered: more cannot be read.
const most = 50

// offers are the suggestions for one word, each with what is known of it.
type offers []string

func (o *offers) add(word, about string) { *o = append(*o, term.Clean(word)+"\t"+term.Clean(about)) }

// fromStore offers what is found in the store, which is read as any other command
// reads it. What goes wrong gives no suggestions: nobody wants an error in the
// middle of a line.
func fromStore(r *term.Run, find func(reader report.Reader, typed string, found *offers) error) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		var found offers
		_ = r.WithReports(cmp.Or(cmd.Context(), context.Background()), func(reader report.Reader) error { return find(reader, typed, &found) })
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// serials offers those of tokens in any of the states, none meaning all.
func serials(r *term.Run, states ...token.State) cobra.CompletionFunc {
	if len(states) == 0 {
		states = []token.State{""}
	}
	return fromStore(r, func(reader report.Reader, typed string, found *offers) error {
		for _, s := range states {
			for t, err := range reader.Tokens(report.Filter{State: s, Prefix: token.Serial(typed), Limit: most}) {
				if err != nil {
					return err
				}
				whose := string(t.State)
				if t.Account != nil {
					whose += " " + *t.Account
				}
				found.add(string(t.Serial), whose)
			}
		}
		return nil
	})
}

func accounts(reader report.Reader, typed string, found *offers) error {
	for a, err := range reader.Accounts(report.AccountFilter{Prefix: typed, Limit: most}) {
		if err != nil {
			return err
		}
		found.add(a.Account, fmt.Sprintf("%s, %s", a.Standing, term.Count(a.Tokens, "token")))
	}
	return nil
}

func batches(reader report.Reader, typed string, found *offers) error {
	all, err := reader.BatchFiles()
	for _, b := range all {
		if n := fmt.Sprint(b.Number); strings.HasPrefix(n, typed) {
			found.add(n, b.File)
		}
	}
	return err
}

func locations(reader report.Reader, typed string, found *offers) error {
	names, err := reader.Locations()
	for _, name := range token.KnownLocations(names).All() {
		if strings.HasPrefix(token.LocationKey(name), strings.ToLower(typed)) {
			*found = append(*found, term.Clean(name))
		}
	}
	return err
}

// inOrder offers something for each argument, in their order, and nothing behind
// them.
func inOrder(each ...cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(each) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return each[len(args)](cmd, args, typed)
	}
}

// complete gives every command its suggestions, in one place: which serials make
// sense follows from the table of states.
func complete(r *term.Run, top *cobra.Command) {
	requests := admin.CompleteRequests(r)
	account, batch, location := fromStore(r, accounts), fromStore(r, batches), fromStore(r, locations)
	arguments := map[string]cobra.CompletionFunc{
		"fob show": inOrder(serials(r)), "fob check": inOrder(serials(r)), "fob unlock": inOrder(serials(r)), "fob list": inOrder(serials(r)),
		"fob bind":         inOrder(serials(r, token.Assigned, token.InStock), account),
		"fob resync":       inOrder(serials(r, token.Bound, token.Assigned, token.InStock)),
		"fob assign":       inOrder(serials(r, token.InStock), account),
		"fob unassign":     inOrder(serials(r, token.Assigned)),
		"fob unbind":       inOrder(serials(r, token.Bound)),
		"fob found":        inOrder(serials(r, token.Lost)),
		"fob release":      inOrder(serials(r, token.Quarantined)),
		"fob suspend":      inOrder(serials(r, token.Bound)),
		"fob resume":       inOrder(serials(r, token.Suspended)),
		"fob replace":      inOrder(serials(r, token.Bound, token.Suspended, token.Assigned), serials(r, token.InStock)),
		"fob lost":         inOrder(serials(r, token.SourcesOf(token.CmdLost)...)),
		"fob quarantine":   serials(r, token.SourcesOf(token.CmdQuarantine)...), // these three of several tokens
		"fob retire":       serials(r, token.SourcesOf(token.CmdRetire)...),
		"fob move":         serials(r),
		"fob account show": inOrder(account), "fob account erase": inOrder(account), "fob account list": inOrder(account),
		"fob batch show": inOrder(batch), "fob batch quarantine": inOrder(batch), "fob batch release": inOrder(batch), "fob batch destroy-seeds": inOrder(batch),
		"fob batch withdraw": inOrder(batch), "fob batch correct": inOrder(batch),
		"fob policy set":   admin.CompleteSettings,
		"fob request show": inOrder(requests), "fob request approve": inOrder(requests), "fob request deny": inOrder(requests),
		"fob request withdraw": inOrder(requests), "fob request run": inOrder(requests),
	}
	flags := map[string]cobra.CompletionFunc{
		"location": location, "state": term.Fixed(token.Texts(token.States())...), "batch": batch, "format": term.Fixed(app.FormatNames()...),
		"encoding": term.Fixed("hex", "base32", "base64"), "type": term.Fixed("totp", "hotp"),
		"hash": term.Fixed("sha1", "sha256", "sha512"), "to": term.Fixed(string(token.InStock), string(token.Quarantined)),
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		if offer, ok := arguments[cmd.CommandPath()]; ok {
			cmd.ValidArgsFunction = offer
		}
		for name, offer := range flags {
			if name == "to" && cmd.Name() == "move" {
				offer = location
			}
			if cmd.Flags().Lookup(name) != nil {
				_ = cmd.RegisterFlagCompletionFunc(name, offer) // fails for a flag that is not there
			}
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(top)
}
