// Package audit holds what an auditor takes home and what proves it: exports, their
// signatures, and the trail.
package audit

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/report"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises,
		newExportCmd(r), newVerifyExportCmd(r), newAuditCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob export":           term.Promise(exportedJSON{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
	"fob verify-export":    term.Promise(verifiedExportJSON{}, term.ExitRefused, term.ExitKey, term.ExitIntegrity),
	"fob audit log":        term.Promise([]report.Event{}, term.ExitIntegrity),
	"fob audit verify":     term.Promise(verifiedJSON{}, term.ExitRefused, term.ExitKey, term.ExitIntegrity),
	"fob audit accept":     term.Promise(app.Accepted{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
	"fob audit checkpoint": term.Promise(checkpointJSON{}, term.ExitNotAllowed, term.ExitKey),
}
