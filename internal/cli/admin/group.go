// Package admin holds the commands of the person who runs the store: its keys, policy, clock
// and health, and the topics of help.
package admin

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/request"
	"fob/internal/trail"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises,
		newInitCmd(r), newPolicyCmd(r), newClockCmd(r), newDoctorCmd(r), newKeyCmd(r), newMigrateCmd(r), newRequestCmd(r), newBackupCmd(r), newRestoreCmd(r), newServeCmd(r), newVersionCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob init":             term.Promise(app.Founded{}, term.ExitNotAllowed),
	"fob policy show":      term.Promise([]report.Setting{}),
	"fob policy set":       term.Promise([]trail.PolicyChange{}, term.ExitRefused, term.ExitNotAllowed),
	"fob clock accept":     term.Promise(clockJSON{}, term.ExitRefused, term.ExitNotAllowed),
	"fob doctor":           term.Promise(doctorJSON{}, term.ExitIntegrity),
	"fob key list":         term.Promise(keysJSON{}),
	"fob migrate":          term.Promise(app.Migrated{}, term.ExitNotAllowed, term.ExitIntegrity),
	"fob backup":           term.Promise(app.Copied{}, term.ExitNotAllowed, term.ExitIntegrity),
	"fob restore":          term.Promise(app.Copied{}, term.ExitRefused, term.ExitNotAllowed, term.ExitIntegrity),
	"fob request list":     term.Promise([]request.Request{}),
	"fob request show":     term.Promise(request.Request{}, term.ExitNotFound),
	"fob request approve":  term.Promise(request.Request{}, term.ExitNotFound, term.ExitNotAllowed),
	"fob request deny":     term.Promise(request.Request{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob request withdraw": term.Promise(request.Request{}, term.ExitNotFound, term.ExitNotAllowed),
	"fob serve":            term.Promise(servingJSON{}, term.ExitKey, term.ExitIntegrity),
	"fob version":          term.Promise(term.VersionJSON{}),
	"fob key add":          term.Promise(app.KeyChange{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
	"fob key remove":       term.Promise(app.KeyChange{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
	"fob key rotate":       term.Promise(app.Rotated{}, term.ExitRefused, term.ExitNotAllowed, term.ExitKey, term.ExitIntegrity),
}
