// Package reports holds the commands that answer a question about the store, one command
// a question: a table on the terminal, rows in a pipe, or a workbook.
package reports

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/report/export"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(kindsHelp, Promises,
		newReportCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = withBooks(map[string]term.Promised{
	"fob report drift":      term.Promise(report.Drift{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report expiring":   term.Promise([]report.Expiring{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report exceptions": term.Promise([]report.Exception{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report lockouts":   term.Promise([]report.Lockout{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report batches":    term.Promise([]report.Reconciliation{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report unverified": term.Promise([]report.Unverified{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report leavers":    term.Promise([]report.Leaver{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report open":       term.Promise([]report.OpenTask{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report losses":     term.Promise([]report.Loss{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report activity":   term.Promise([]report.Activity{}, term.ExitRefused, term.ExitNotAllowed),
	"fob report overrides":  term.Promise([]report.OverrideEvent{}, term.ExitRefused, term.ExitNotAllowed),
	"fob report changes":    term.Promise([]export.Change{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
})

// withBooks adds what every report prints that wrote a workbook.
func withBooks(promises map[string]term.Promised) map[string]term.Promised {
	for name, p := range promises {
		promises[name] = p.With("--xlsx", term.ReportFileJSON{})
	}
	return promises
}
