// Package people holds the commands about accounts: lists of people, who has which
// token, and the tokens of those who left.
package people

import (
	_ "embed"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/people"
	"fob/internal/report"
)

//go:embed help.md
var help string

// listHelp is what both commands that read a list of people say of it.
//
//go:embed list.md
var listHelp string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return strings.ReplaceAll(help, "{list}", strings.TrimSpace(listHelp)) }, Promises,
		newAccountCmd(r), newReconcileCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob account import": term.Promise(people.Reconciled{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob account list":   term.Promise([]report.Account{}),
	"fob account show":   term.Promise(report.AccountDetail{}, term.ExitNotFound),
	"fob reconcile":      term.Promise(people.Reconciled{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob account erase":  term.Promise(people.Erased{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
}
