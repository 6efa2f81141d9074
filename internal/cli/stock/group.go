// Package stock holds the commands that show tokens and move them: along the table of
// states, and from place to place.
package stock

import (
	_ "embed"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/report"
	"fob/internal/stocktake"
	"fob/internal/token"
)

//go:embed help.md
var help string

// Commands are those of the group.
func Commands(r *term.Run) []*cobra.Command {
	return r.Describe(func() string { return help }, Promises,
		newListCmd(r), newShowCmd(r),
		mover{use: "assign SERIAL ACCOUNT | assign --from FILE", by: token.CmdAssign, to: token.Assigned, account: true}.withFile(r),
		manyMover{use: "unassign SERIAL...", by: token.CmdUnassign, to: token.InStock, claims: true, one: true}.command(r),
		mover{use: "found SERIAL", by: token.CmdFound, to: token.Quarantined, claims: true}.command(r),
		mover{use: "release SERIAL", by: token.CmdRelease, to: token.InStock}.command(r),
		mover{use: "suspend SERIAL", by: token.CmdSuspend, to: token.Suspended, claims: true}.command(r),
		mover{use: "resume SERIAL", by: token.CmdResume, to: token.Bound}.command(r),
		newLostCmd(r), newQuarantineCmd(r), newRetireCmd(r), newMoveCmd(r), newStocktakeCmd(r), newLocationCmd(r))
}

// Promises say what each command prints under --json, and its exit codes.
var Promises = map[string]term.Promised{
	"fob list":          term.Promise([]report.Token{}, term.ExitNotFound, term.ExitIntegrity).With("--by-location", []report.Place{}),
	"fob show":          term.Promise(report.Told{}, term.ExitNotFound),
	"fob assign":        term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed).With("--from", []assignedJSON{}),
	"fob unassign":      term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed).With("several serials", []report.Token{}),
	"fob found":         term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob release":       term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob suspend":       term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob resume":        term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob lost":          term.Promise(report.Told{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob quarantine":    term.Promise([]report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob retire":        term.Promise([]report.Token{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob move":          term.Promise(desk.Relocated{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob stocktake":     term.Promise(stocktake.Result{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob location list": term.Promise([]report.Place{}),

	"fob location rename": term.Promise(desk.ChangedPlace{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob location close":  term.Promise(desk.ChangedPlace{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
	"fob location open":   term.Promise(desk.ChangedPlace{}, term.ExitRefused, term.ExitNotFound, term.ExitNotAllowed),
}
