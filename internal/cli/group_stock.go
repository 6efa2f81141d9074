package cli

import (
	"fob/internal/desk"
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// stockCommands are those of the package.
func stockCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newListCmd(r), newShowCmd(r), newAssignCmd(r), newUnassignCmd(r), newFoundCmd(r), newReleaseCmd(r), newSuspendCmd(r), newResumeCmd(r), newLostCmd(r), newQuarantineCmd(r), newRetireCmd(r), newMoveCmd(r), newStocktakeCmd(r), newLocationCmd(r),
	}
}

// stockPromises say what each command prints under --json, and its exit codes.
var stockPromises = map[string]promised{
	"fob list":          promise(also([]report.Token{}, "--by-location", []report.Place{}), exitNotFound, exitIntegrity),
	"fob show":          promise(report.Token{}, exitNotFound),
	"fob assign":        promise(also(report.Token{}, "--from", []assignedJSON{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob unassign":      promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob found":         promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob release":       promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob suspend":       promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob resume":        promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob lost":          promise(report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob quarantine":    promise([]report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob retire":        promise([]report.Token{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob move":          promise(desk.Relocated{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob stocktake":     promise(report.Stocktake{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob location list": promise([]report.Place{}),
}
