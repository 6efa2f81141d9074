package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// serialOf takes a typed serial. Blanks come along when one is pasted, and no
// serial has any.
func serialOf(typed string) (token.Serial, error) {
	s := token.Serial(strings.TrimSpace(typed))
	switch {
	case s == "":
		return "", fault.Errorf(fault.Usage, "the serial is empty")
	case len(s) > token.MaxSerialLen:
		return "", fault.Errorf(fault.NotFound, "there is no such token: a serial has %d characters at most, this text has %d", token.MaxSerialLen, len(s))
	}
	return s, nil
}

// wordFlags are what people say about a change. Every command that changes
// something takes them all, since a policy may demand any of them.
type wordFlags struct{ reason, ticket, proof, approver string }

func (w *wordFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.reason, "reason", "", "why")
	f.StringVar(&w.ticket, "ticket", "", "the ticket that this belongs to")
	f.StringVar(&w.proof, "proof", "", "how the person was identified")
	f.StringVar(&w.approver, "approved-by", "", "the second person who allowed it")
}

// addApprover is for commands that take a second person always.
func (w *wordFlags) addApprover(cmd *cobra.Command) {
	cmd.Flags().Lookup("approved-by").Usage += " (required)"
}

func (w *wordFlags) words(r *root) (out desk.Words, err error) {
	for _, t := range []struct {
		name, from string
		to         *string
	}{{"--reason", w.reason, &out.Reason}, {"--ticket", w.ticket, &out.Ticket}, {"--proof", w.proof, &out.Proof}} {
		if *t.to, err = token.ParseText(t.name, t.from); err != nil {
			return out, err
		}
	}
	if w.approver != "" {
		out.Approver, err = token.ParseApprover(w.approver, r.base.Operator)
	}
	return out, err
}

// approved are the words of a command that takes a second person.
func (w *wordFlags) approved(r *root) (out desk.Words, err error) {
	if out, err = w.words(r); err != nil {
		return out, err
	}
	out.Approver, err = token.ParseApprover(w.approver, r.base.Operator)
	return out, err
}
