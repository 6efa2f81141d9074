package cli

import (
	"fob/internal/desk"
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// codesCommands are those of the package.
func codesCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newBindCmd(r), newCheckCmd(r), newResyncCmd(r), newUnlockCmd(r), newIdentifyCmd(r), newUnbindCmd(r), newReplaceCmd(r), newVirtualCmd(r),
	}
}

// codesPromises say what each command prints under --json, and its exit codes.
var codesPromises = map[string]promised{
	"fob bind":     promise(also(desk.Outcome{}, "--from", []desk.Answered{}), exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity),
	"fob check":    promise(desk.Outcome{}, exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity),
	"fob resync":   promise(desk.Outcome{}, exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity),
	"fob unbind":   promise(either(report.Token{}, desk.Outcome{}), exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity),
	"fob unlock":   promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob identify": promise([]desk.Identified{}, exitCode, exitNotFound, exitNotAllowed, exitKey, exitIntegrity),
	"fob replace":  promise(replacedJSON{}, exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity),
	"fob virtual":  promise(nil, exitRefused, exitCode, exitNotFound, exitNotAllowed, exitKey, exitIntegrity),
}
