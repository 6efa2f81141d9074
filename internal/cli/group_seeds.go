package cli

import (
	"fob/internal/intake"
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// seedsCommands are those of the package.
func seedsCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newInspectCmd(r), newImportCmd(r), newBatchCmd(r),
	}
}

// seedsPromises say what each command prints under --json, and its exit codes.
var seedsPromises = map[string]promised{
	"fob inspect":          promise(intake.Inspected{}, exitRefused, exitKey),
	"fob import":           promise([]intake.Imported{}, exitRefused, exitNotAllowed, exitKey),
	"fob batch list":       promise([]report.Batch{}),
	"fob batch show":       promise(report.Batch{}, exitNotFound),
	"fob batch quarantine": promise(intake.Swept{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob batch release":    promise(intake.Swept{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob batch withdraw":   promise(intake.WithdrawnBatch{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob batch correct":    promise(intake.Corrected{}, exitRefused, exitNotFound, exitNotAllowed),
}
