// Package stock holds the commands that show tokens and move them: along the table of
// states, and from place to place.
package stock

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/report"
)

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return []*cobra.Command{
		newListCmd(r), newShowCmd(r), newAssignCmd(r), newUnassignCmd(r), newFoundCmd(r), newReleaseCmd(r), newSuspendCmd(r), newResumeCmd(r), newLostCmd(r), newQuarantineCmd(r), newRetireCmd(r), newMoveCmd(r), newStocktakeCmd(r), newLocationCmd(r),
	}
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob list":          term.Promise(term.Also([]report.Token{}, "--by-location", []report.Place{}), term.ExitNotFound, term.ExitIntegrity),
	"fob show":          term.Promise(report.Token{}, term.ExitNotFound),
	"fob assign":        term.Promise(term.Also(report.Token{}, "--from", []assignedJSON{}), term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob unassign":      term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob found":         term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob release":       term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob suspend":       term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob resume":        term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob lost":          term.Promise(report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob quarantine":    term.Promise([]report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob retire":        term.Promise([]report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob move":          term.Promise(desk.Relocated{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob stocktake":     term.Promise(report.Stocktake{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob location list": term.Promise([]report.Place{}),
}
