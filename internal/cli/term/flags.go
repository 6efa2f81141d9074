package term

import (
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/token"
)

// AddYes accepts --yes on commands that change something; those that never ask
// have nothing to answer.
func AddYes(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("yes", false, "answer yes to what the command would ask (never to a secret)")
}

// LossFlags tell of a loss.
type LossFlags struct {
	Stolen   bool
	Reported string
}

func (l *LossFlags) Add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.Stolen, "stolen", false, "it was stolen")
	cmd.Flags().StringVar(&l.Reported, "reported-at", "", "when it was first told, where that was earlier (RFC 3339)")
}

func (l *LossFlags) Loss(now time.Time) (loss token.Loss, err error) {
	loss.Stolen = l.Stolen
	if l.Reported == "" {
		return loss, nil
	}
	if loss.Reported, err = time.Parse(time.RFC3339, l.Reported); err != nil {
		return loss, fault.Errorf(fault.Usage, "--reported-at %q: write 2026-11-23T22:40:00Z, or +01:00 for the zone", Clean(l.Reported))
	}
	if loss.Reported.Unix() < 0 { // also keeps it within what the store holds
		return loss, fault.Errorf(fault.Usage, "--reported-at %s is before any token was made", loss.Reported.Format(time.RFC3339))
	}
	if loss.Reported.After(now) {
		return loss, fault.Errorf(fault.Usage, "--reported-at %s is yet to come", loss.Reported.Format(time.RFC3339))
	}
	return loss, nil
}

// AddNewAccount is for the commands that give somebody a token.
func AddNewAccount(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "new-account", false, "take an account as typed though the list of people does not have it")
}

// Fixed offers the same words to a shell always.
func Fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}
