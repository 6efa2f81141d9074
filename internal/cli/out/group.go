// Package out holds the commands about what leaves for the systems that verify
// logins: seeds on their way out, and who has got which.
package out

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/provision"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises, newProvisionCmd(r), newVerifierCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob provision": term.Promise(provision.Delivery{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),

	"fob verifier add":       term.Promise(provision.Verifier{}, term.ExitRefused, term.ExitNotAllowed),
	"fob verifier list":      term.Promise([]provision.Verifier{}),
	"fob verifier remove":    term.Promise(provision.Verifier{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob verifier reconcile": term.Promise(provision.Reconciliation{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob verifier done":      term.Promise(provision.Ended{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
}
