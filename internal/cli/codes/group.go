// Package codes holds the commands for the person on the phone: a code that a token
// displays is checked, and its binding, clock or lock is put right.
package codes

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/report"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises,
		newBindCmd(r), newCheckCmd(r), newResyncCmd(r), newUnlockCmd(r), newIdentifyCmd(r), newUnbindCmd(r), newReplaceCmd(r), newVirtualCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob bind":     term.Promise(desk.Outcome{}, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitLocked, term.ExitKey, term.ExitIntegrity).With("--from", []desk.Answered{}),
	"fob check":    term.Promise(desk.Outcome{}, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitLocked, term.ExitKey, term.ExitIntegrity),
	"fob resync":   term.Promise(desk.Outcome{}, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitLocked, term.ExitKey, term.ExitIntegrity),
	"fob unbind":   term.Promise(report.Told{}, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitLocked, term.ExitKey, term.ExitIntegrity).IfRefused(desk.Outcome{}).With("several serials", []report.Token{}),
	"fob unlock":   term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob identify": term.Promise([]desk.Identified{}, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
	"fob replace":  term.Promise(replacedJSON{}, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitLocked, term.ExitKey, term.ExitIntegrity),
	"fob virtual":  term.Promise(nil, term.ExitRefused, term.ExitCode, term.ExitNotFound, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
}
