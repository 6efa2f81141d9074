package term

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/token"
)

// AddYes accepts --yes on commands that change something; those that never ask
// have nothing to answer.
func AddYes(cmd *cobra.Command) *bool {
	return cmd.Flags().BoolP("yes", "y", false, "skip confirmation (never answers for a secret)")
}

// ClaimFlags say of tokens what is never forgotten: yes, no, or nothing.
type ClaimFlags struct{ Leaked, Stolen token.Claim }

// AddClaims is for the commands whose words may speak of a leak or a theft.
func (c *ClaimFlags) AddClaims(cmd *cobra.Command) {
	addClaim(cmd, &c.Leaked, "leaked", "others may know the seed: it never comes back")
	addClaim(cmd, &c.Stolen, "stolen", "it was stolen, or had been")
}

func addClaim(cmd *cobra.Command, to *token.Claim, name, usage string) {
	cmd.Flags().Var(claimValue{to}, name, usage)
	cmd.Flags().Lookup(name).NoOptDefVal = "true"
}

// claimValue is a switch that also knows whether it was left out.
type claimValue struct{ to *token.Claim }

func (v claimValue) Type() string { return "bool" }

func (v claimValue) String() string {
	if v.to == nil || *v.to != token.Yes {
		return "false"
	}
	return "true"
}

func (v claimValue) Set(s string) error {
	yes, err := strconv.ParseBool(s)
	*v.to = token.ClaimOf(yes)
	return err
}

// Claims puts the answers to the words, and asks for those that the words need.
func (c *ClaimFlags) Claims(ctx context.Context, r *Run, w desk.Words) (desk.Words, error) {
	text := w.Reason + " " + w.Condition
	for _, q := range []struct {
		to       *token.Claim
		open     bool
		question string
	}{
		{&c.Leaked, token.SpeaksOfLeak(text), "The reason speaks of a leak. May others know the seed? If so it never comes back"},
		{&c.Stolen, token.SpeaksOfTheft(text) && c.Leaked == token.Unsaid, "The reason speaks of a theft. Was it stolen? If so it comes back only with a second person"},
	} {
		if !q.open || *q.to != token.Unsaid || r.JSON || !hasTerminal() {
			continue // the use case refuses what has to be said, by the flag
		}
		yes, err := r.AskYesNo(ctx, q.question)
		if err != nil {
			return w, err
		}
		*q.to = token.ClaimOf(yes)
	}
	w.Leaked, w.Stolen = c.Leaked, c.Stolen
	return w, nil
}

// LossFlags tell of a loss.
type LossFlags struct {
	ClaimFlags
	Reported string
}

func (l *LossFlags) Add(cmd *cobra.Command) {
	l.AddClaims(cmd)
	cmd.Flags().StringVar(&l.Reported, "reported-at", "", "`TIME` of the first report, if that was earlier (RFC 3339)")
}

func (l *LossFlags) Loss(now time.Time) (loss token.Loss, err error) {
	loss.Stolen = l.Stolen == token.Yes
	if l.Reported == "" {
		return loss, nil
	}
	if loss.Reported, err = time.Parse(time.RFC3339, l.Reported); err != nil {
		return loss, fault.Errorf(fault.Usage, "--reported-at %q: give day and time, such as %s, or +01:00 for the zone", Clean(l.Reported), now.UTC().Format(time.RFC3339))
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
	cmd.Flags().BoolVar(to, "new-account", false, "accept an account that is not on the list of people")
}

// Fixed offers the same words to a shell always.
func Fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// anywhereEmpty are the flags that say something when they are empty: a code that is
// refused like any other that is too short, a status that says nothing of those who
// are here.
var anywhereEmpty = []string{"code", "active-is"}

// emptyAllowed marks a flag of one command that says something when it is empty.
const emptyAllowed = "may be empty"

// MayBeEmpty reports whether a flag says something when it is empty.
func MayBeEmpty(f *pflag.Flag) bool {
	return slices.Contains(anywhereEmpty, f.Name) || f.Annotations[emptyAllowed] != nil
}

// checkEmpty refuses a flag that was given and is empty: it is a shell variable that
// somebody forgot to set. Taken as left out, it would have an audit prove less than was
// asked, or a file lie about without its password. A batch 0 is as empty: they are
// counted from 1, and it would select them all.
func checkEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case err != nil || MayBeEmpty(f):
		case f.Name == "batch" && f.Value.String() == "0":
			err = NoBatch(0)
		case isEmpty(f.Value):
			err = fault.Errorf(fault.Usage, "--%s is empty", f.Name).WithHint("%s", emptyHint(f))
		}
	})
	return err
}

func isEmpty(v pflag.Value) bool {
	if many, ok := v.(pflag.SliceValue); ok {
		return slices.Contains(many.GetSlice(), "")
	}
	return v.Type() == "string" && v.String() == ""
}

// emptyHint says what to do, and what holds without the flag.
func emptyHint(f *pflag.Flag) string {
	if f.Name == "db" || f.Name == "identity" {
		return "is a shell variable not set? Leave --" + f.Name + " out for the usual place"
	}
	return "is a shell variable not set? Leave --" + f.Name + " out if it is not meant"
}

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
