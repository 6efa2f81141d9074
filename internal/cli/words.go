package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/inventory"
	"fob/internal/token"
)

// serialOf takes a typed serial. Blanks come along when one is pasted, and no
// serial has any.
func serialOf(typed string) (token.Serial, error) {
	s := token.Serial(strings.TrimSpace(typed))
	switch {
	case s == "":
		return "", token.Errorf(token.Usage, "the serial is empty")
	case len(s) > token.MaxSerialLen:
		return "", token.Errorf(token.NotFound, "there is no such token: a serial has %d characters at most, this text has %d", token.MaxSerialLen, len(s))
	}
	return s, nil
}

// wordFlags are what people say about a change.
type wordFlags struct{ reason, ticket, approver string }

func (w *wordFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.reason, "reason", "", "why")
	cmd.Flags().StringVar(&w.ticket, "ticket", "", "the ticket that this belongs to")
}

// addApprover is for commands that take a second person.
func (w *wordFlags) addApprover(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.approver, "approved-by", "", "the second person who allowed it (required)")
}

func (w *wordFlags) words() (out inventory.Words, err error) {
	if out.Reason, err = token.ParseText("--reason", w.reason); err != nil {
		return out, err
	}
	out.Ticket, err = token.ParseText("--ticket", w.ticket)
	return out, err
}

// approved are the words of a command that takes a second person.
func (w *wordFlags) approved(r *root) (out inventory.Words, err error) {
	if out, err = w.words(); err != nil {
		return out, err
	}
	out.Approver, err = token.ParseApprover(w.approver, r.base.Operator)
	return out, err
}
