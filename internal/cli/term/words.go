package term

import (
	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/token"
)

// SaidFlags are what people say about a change. Every command that changes
// something takes them all, since a policy may demand any of them.
type SaidFlags struct{ Reason, Ticket, Proof, Approver string }

func (w *SaidFlags) Add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&w.Reason, "reason", "r", "", "`TEXT` that says why")
	f.StringVarP(&w.Ticket, "ticket", "t", "", "`NUMBER` of the ticket")
	f.StringVar(&w.Proof, "proof", "", "how the person was identified: `TEXT`")
	f.StringVar(&w.Approver, "approved-by", "", "`NAME` of the second person who approved this")
}

// AddOfTokens adds them to a command about tokens that nobody holds in a conversation:
// how a person was identified is accepted, as a policy may demand it, and not shown.
func (w *SaidFlags) AddOfTokens(cmd *cobra.Command) {
	w.Add(cmd)
	_ = cmd.Flags().MarkHidden("proof") // fails for a flag that is not there
}

// AddReason is for the commands that nobody approves.
func (w *SaidFlags) AddReason(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&w.Reason, "reason", "r", "", "`TEXT` that says why")
	cmd.Flags().StringVarP(&w.Ticket, "ticket", "t", "", "`NUMBER` of the ticket")
}

// NeedsApprover is for commands that take a second person always.
func NeedsApprover(cmd *cobra.Command) {
	cmd.Flags().Lookup("approved-by").Usage += " (required, or a request)"
}

func (w *SaidFlags) Words(r *Run) (out desk.Words, err error) {
	for _, t := range []struct {
		name, from string
		to         *string
	}{{"--reason", w.Reason, &out.Reason}, {"--ticket", w.Ticket, &out.Ticket}, {"--proof", w.Proof, &out.Proof}} {
		if *t.to, err = token.ParseText(t.name, t.from); err != nil {
			return out, err
		}
	}
	if w.Approver != "" {
		out.Approver, err = token.ParseApprover(w.Approver, r.Base.Operator)
	}
	return out, err
}

// Approved are the words of a command that takes a second person.
func (w *SaidFlags) Approved(r *Run) (out desk.Words, err error) {
	if out, err = w.Words(r); err != nil {
		return out, err
	}
	out.Approver, err = token.ParseApprover(w.Approver, r.Base.Operator)
	return out, err
}
