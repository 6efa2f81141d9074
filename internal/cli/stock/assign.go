package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/token"
)

// assignedJSON is what became of one row of a file of assignments.
type assignedJSON struct {
	Line    int     `json:"line"`
	Serial  string  `json:"serial"`
	Account *string `json:"account"`
	Outcome string  `json:"outcome"`
	Reason  *string `json:"reason"`
	Message string  `json:"message"`
	Hint    string  `json:"hint"`

	Verifiers []token.AtVerifier `json:"verifiers"`
}

func showAssigned(a desk.Answered) any {
	return assignedJSON{a.Line, string(a.Serial), a.Account, a.Outcome.Outcome, (*string)(a.Reason), a.Message.String(), a.Hint.String(), a.Verifiers}
}

// withFile is a mover that takes a file of rows as well.
func (m mover) withFile(r *term.Run) *cobra.Command {
	cmd := m.command(r)
	var o term.BulkOptions
	o.Add(cmd)
	one := cmd.RunE
	cmd.Args = o.Args(cmd.Args)
	cmd.RunE = r.Start(func(ctx context.Context, args []string) error {
		if err := o.Check(cmd.Flags(), "receipt", "organisation", "contact"); err != nil {
			return err
		}
		if o.From == "" {
			return one(cmd, args)
		}
		said := func(flag string) string { return cmd.Flag(flag).Value.String() }
		w := term.SaidFlags{Reason: said("reason"), Ticket: said("ticket"), Proof: said("proof"), Approver: said("approved-by")}
		words, err := w.Words(r)
		if err != nil {
			return err
		}
		return r.FromFile(ctx, &o, desk.ReadAssignments, (*desk.Desk).AssignAll, showAssigned, desk.Bulk{Words: words, NewAccount: said("new-account") == "true"})
	})
	return cmd
}
