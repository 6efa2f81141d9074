// Package reports holds the commands that answer a question about the store, one command
// a question: a table on the terminal, rows in a pipe, or a workbook.
package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return []*cobra.Command{
		newReportCmd(r),
	}
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob report drift":      term.Promise(term.Filed(report.Drift{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report expiring":   term.Promise(term.Filed([]report.Expiring{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report exceptions": term.Promise(term.Filed([]report.Exception{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report lockouts":   term.Promise(term.Filed([]report.Lockout{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report batches":    term.Promise(term.Filed([]report.Reconciliation{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report unverified": term.Promise(term.Filed([]report.Unverified{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report leavers":    term.Promise(term.Filed([]report.Leaver{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report losses":     term.Promise(term.Filed([]report.Loss{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob report activity":   term.Promise(term.Filed([]report.Activity{}), term.ExitRefused, term.ExitNotAllowed),
	"fob report overrides":  term.Promise(term.Filed([]report.OverrideEvent{}), term.ExitRefused, term.ExitNotAllowed),
	"fob report changes":    term.Promise(term.Filed([]report.Change{}), term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
}
