package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
)

// Demand is something that a policy can ask of a command.
type Demand string

// What can be demanded; each is the flag of the same name.
const (
	DemandProof    Demand = "proof"
	DemandTicket   Demand = "ticket"
	DemandReason   Demand = "reason"
	DemandApprover Demand = "approved-by"
)

func demands() []Demand { return []Demand{DemandProof, DemandTicket, DemandReason, DemandApprover} }

// Policy is what an organisation demands beyond fob's own rules. It can only be
// stricter than they are.
type Policy struct {
	Require    map[Command][]Demand
	PerAccount int // tokens that one account may have, assigned, bound or suspended; 0: no limit
	Codes      int // displayed codes that bind and resync need: 1 or 2
	Proofs     []string
	OneCode    time.Duration // how far one code is searched at most, either way
	TwoCodes   time.Duration // how far two are, without --deep
	Lock       Lock
	Second     []Guarded     // what waits for a second person
	RequestFor time.Duration // how long a request does
	Refusals   int           // codes of one operator that may be refused in an hour
}

// UsualPolicy is what holds where nothing was set.
func UsualPolicy() Policy {
	return Policy{Require: map[Command][]Demand{}, Codes: 1, OneCode: UsualOneCode, TwoCodes: UsualTwoCodes, Lock: UsualLock(), RequestFor: UsualRequestFor, Refusals: UsualRefusals}
}

// How far codes are searched either way where no policy is stricter: otp.OneCodeSeconds
// and otp.TwoCodeMost, which a test of otp holds these to.
const (
	UsualOneCode  = 10 * time.Minute
	UsualTwoCodes = 12 * time.Hour
)

// UsualRefusals is how many codes of one operator may be refused in an hour where no
// policy is stricter. Of honest people 2 in 100 are mistyped; so many guesses go in with
// 1 in 1,600.
const UsualRefusals = 30

// Words are what people say about a command. In the trail each is hidden behind
// a salted hash, since a person may have the right to be forgotten.
type Words struct {
	Account   Account
	Reason    string
	Ticket    string
	Approver  Approver
	Proof     string
	Condition string // of a token that came back
	Leaked    Claim  // whether others may know the seed
	Stolen    Claim  // whether the token was stolen
	Request   int    // the number of the request that the approver approved; 0: the approver is a typed name
}

// Check refuses a command that lacks what the policy demands of it, by the flag
// that is missing.
func (p Policy) Check(by Command, w Words) error {
	said := map[Demand]bool{DemandProof: w.Proof != "", DemandTicket: w.Ticket != "", DemandReason: w.Reason != "", DemandApprover: w.Approver != ""}
	var missing []fault.Field
	for _, d := range p.Require[by] {
		if !said[d] {
			missing = append(missing, fault.Field(d))
		}
	}
	if len(missing) > 0 {
		return fault.Errorf(fault.Refused, "the policy demands %s of %s", missing, by).
			WithHint("nothing was changed; %s shows what is demanded", fault.Do("policy show"))
	}
	if w.Proof != "" && len(p.Proofs) > 0 && !slices.ContainsFunc(p.Proofs, func(s string) bool { return strings.EqualFold(s, w.Proof) }) {
		return fault.Errorf(fault.NotAllowed, "the policy knows no proof %q", w.Proof).
			WithHint("it allows: %s", strings.Join(p.Proofs, ", "))
	}
	return nil
}

// manyTokens is from how many tokens of one account on it is remarked upon.
const manyTokens = 5

// RemarkShare remarks that an account has many tokens; empty of fewer.
func RemarkShare(a Account, has []Serial) string {
	if len(has) < manyTokens {
		return ""
	}
	return fmt.Sprintf("%s has %d tokens now; was one of the others lost or left behind?", a, len(has))
}

// CheckShare refuses one token more for an account that has all that the policy
// allows.
func (p Policy) CheckShare(a Account, has []Serial) error {
	if p.PerAccount == 0 || len(has) < p.PerAccount {
		return nil
	}
	names := Texts(has[:min(len(has), shownShare)])
	if len(has) > shownShare {
		names = append(names, "and more")
	}
	return fault.Errorf(fault.NotAllowed, "%s has %d tokens, and the policy allows %d an account", a, len(has), p.PerAccount).
		WithHint("theirs: %s; %s ends one and binds the other", strings.Join(names, ", "), fault.Do(CmdReplace, "OLD", "NEW"))
}

// shownShare is how many tokens of an account a refusal names.
const shownShare = 5
