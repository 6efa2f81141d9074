// Package seeds holds the commands that bring tokens in: a look into a seed file, its
// import, and what is done to a batch as a whole.
package seeds

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/intake"
	"fob/internal/report"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises,
		newInspectCmd(r), newImportCmd(r), newBatchCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob inspect":             term.Promise(intake.Inspected{}, term.ExitRefused, term.ExitKey),
	"fob import":              term.Promise([]intake.Imported{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey),
	"fob batch list":          term.Promise([]report.Batch{}),
	"fob batch show":          term.Promise(report.Batch{}, term.ExitNotFound),
	"fob batch quarantine":    term.Promise(intake.Swept{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob batch release":       term.Promise(intake.Swept{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob batch withdraw":      term.Promise(intake.WithdrawnBatch{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob batch destroy-seeds": term.Promise(destroyedJSON{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob batch correct":       term.Promise(intake.Corrected{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
}
