package cli

import (
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// reportsCommands are those of the package.
func reportsCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newReportCmd(r),
	}
}

// reportsPromises say what each command prints under --json, and its exit codes.
var reportsPromises = map[string]promised{
	"fob report drift":      promise(filed(report.Drift{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report expiring":   promise(filed([]report.Expiring{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report exceptions": promise(filed([]report.Exception{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report lockouts":   promise(filed([]report.Lockout{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report batches":    promise(filed([]report.Reconciliation{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report unverified": promise(filed([]report.Unverified{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report leavers":    promise(filed([]report.Leaver{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report losses":     promise(filed([]report.Loss{}), exitRefused, exitNotFound, exitNotAllowed),
	"fob report activity":   promise(filed([]report.Activity{}), exitRefused, exitNotAllowed),
	"fob report overrides":  promise(filed([]report.OverrideEvent{}), exitRefused, exitNotAllowed),
	"fob report changes":    promise(filed([]report.Change{}), exitRefused, exitNotAllowed, exitKey, exitIntegrity),
}
