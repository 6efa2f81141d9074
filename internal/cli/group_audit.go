package cli

import (
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// auditCommands are those of the package.
func auditCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newExportCmd(r), newVerifyExportCmd(r), newAuditCmd(r),
	}
}

// auditPromises say what each command prints under --json, and its exit codes.
var auditPromises = map[string]promised{
	"fob export":           promise(exportedJSON{}, exitRefused, exitNotAllowed, exitKey, exitIntegrity),
	"fob verify-export":    promise(verifiedExportJSON{}, exitRefused, exitKey, exitIntegrity),
	"fob audit log":        promise([]report.Event{}, exitIntegrity),
	"fob audit verify":     promise(verifiedJSON{}, exitRefused, exitKey, exitIntegrity),
	"fob audit checkpoint": promise(checkpointJSON{}, exitNotAllowed, exitKey),
}
