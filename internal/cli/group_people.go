package cli

import (
	"fob/internal/people"
	"fob/internal/report"
	"github.com/spf13/cobra"
)

// peopleCommands are those of the package.
func peopleCommands(r *root) []*cobra.Command {
	return []*cobra.Command{
		newAccountCmd(r), newReconcileCmd(r),
	}
}

// peoplePromises say what each command prints under --json, and its exit codes.
var peoplePromises = map[string]promised{
	"fob account import": promise(people.Reconciled{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob account list":   promise([]report.Account{}),
	"fob account show":   promise(report.AccountDetail{}, exitNotFound),
	"fob reconcile":      promise(people.Reconciled{}, exitRefused, exitNotFound, exitNotAllowed),
	"fob account erase":  promise(people.Erased{}, exitRefused, exitNotFound, exitNotAllowed),
}
