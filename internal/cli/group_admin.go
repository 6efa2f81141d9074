package cli

import (
	"fob/internal/app"
	"fob/internal/report"
	"fob/internal/trail"
	"github.com/spf13/cobra"
)

// adminCommands are those of the package.
func adminCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newInitCmd(r), newPolicyCmd(r), newClockCmd(r), newDoctorCmd(r), newKeyCmd(r), newVersionCmd(r),
	}
}

// adminPromises say what each command prints under --json, and its exit codes.
var adminPromises = map[string]promised{
	"fob init":         promise(app.Founded{}, exitNotAllowed),
	"fob policy show":  promise([]report.Setting{}),
	"fob policy set":   promise([]trail.PolicyChange{}, exitRefused, exitNotAllowed),
	"fob clock accept": promise(clockJSON{}, exitRefused, exitNotAllowed),
	"fob doctor":       promise(doctorJSON{}, exitIntegrity),
	"fob key list":     promise(keysJSON{}),
	"fob version":      promise(versionJSON{}),
}
