package desk

import (
	"errors"
	"slices"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/token"
)

// PolicyReader knows what was set.
type PolicyReader interface {
	// Policy is what was set, by name.
	Policy() (map[string]string, error)
}

// policyOf reads what the organisation demands, in the transaction that it
// holds for.
func policyOf(r PolicyReader) (token.Policy, error) {
	set, err := r.Policy()
	if err != nil || len(set) == 0 {
		return token.UsualPolicy(), err
	}
	return token.ParsePolicy(set)
}

// Demand refuses a command that lacks what the policy demands of it.
func Demand(r PolicyReader, by token.Command, w Words) error {
	p, err := policyOf(r)
	if err != nil {
		return err
	}
	return p.Check(by, w)
}

// checkShare refuses one token more for an account that has all that the policy
// allows. What is left out does not count: the token itself, and the one that it
// replaces.
func checkShare(r Reader, p token.Policy, a token.Account, without ...token.Serial) error {
	if p.PerAccount == 0 {
		return nil
	}
	has, err := r.TokensOf(a)
	if err != nil {
		return err
	}
	has = slices.DeleteFunc(has, func(s token.Serial) bool {
		return slices.ContainsFunc(without, func(w token.Serial) bool { return w.Key() == s.Key() })
	})
	return p.CheckShare(a, has)
}

func capsOf(p token.Policy) otp.Caps {
	return otp.Caps{OneCode: p.OneCode.Seconds(), TwoCodes: p.TwoCodes.Seconds()}
}

// demands refuses what the policy cannot allow whatever the codes are. Nobody
// tried anything yet, so nothing is written.
func (a *attempt) demands(r Reader) error {
	w := Words{Reason: a.req.Reason, Ticket: a.req.Ticket, Proof: a.req.Proof, Approver: a.req.Approver}
	if err := a.policy.Check(a.by, w); err != nil {
		return err
	}
	if a.req.Replaces != "" {
		if err := a.demandsOfOld(r, w); err != nil {
			return err
		}
	}
	if n := len(a.req.Codes); n > 0 && n < a.codesNeeded() {
		return fault.Errorf(fault.Refused, "the policy demands two codes of %s, and one was given", a.by).
			WithHint("give both: --code FIRST --code NEXT; nothing was changed")
	}
	return nil
}

// demandsOfOld refuses what cannot be done with the token that comes back.
func (a *attempt) demandsOfOld(r Reader, w Words) error {
	old, err := r.Token(a.req.Replaces)
	if err != nil {
		return err
	}
	if old.Account.Key() != a.req.Account.Key() || old.ID == a.token.ID {
		return fault.Errorf(fault.NotAllowed, "token %s is not one of %s any more; nothing was changed", old.Serial, a.req.Account)
	}
	for _, by := range []token.Command{token.CmdReplace, endsReturned(old, a.req.To)} {
		if err := a.policy.Check(by, w); err != nil {
			return err
		}
	}
	return nil
}

// codesNeeded is how many codes a command needs that believes them.
func (a *attempt) codesNeeded() int {
	if a.by == token.CmdBind || a.by == token.CmdResync {
		return a.policy.Codes
	}
	return 1
}

// checkAll refuses what no code can help: by the token's state, by what its
// account has already, by the token that is to come back.
func (a *attempt) checkAll(r Reader) error {
	if a.checkState(); a.refusal != nil || a.by != token.CmdBind {
		return nil
	}
	err := checkShare(r, a.policy, a.req.Account, a.req.Replaces, a.token.Serial) // an assigned one counts already
	var refusal *fault.Error
	if errors.As(err, &refusal) && refusal.Kind == fault.NotAllowed {
		a.refuse(otp.ByPolicy, refusal)
		return nil
	}
	return err
}
