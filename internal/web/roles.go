package web

import (
	"strings"
	"time"

	"fob/internal/token"
)

// Role is what a person may do here; roles add up.
type Role uint8

// The roles. Nobody stands for those who did not sign in.
const (
	Support Role = 1 << iota
	Ops
	Auditor
	Approver
	Holder

	nobody  Role = 0
	anybody      = Support | Ops | Auditor | Approver | Holder
	staff        = Support | Ops | Auditor | Approver
	keepers      = Ops | Auditor // of the stock
)

// RoleNames are the words that a configuration has for them.
var RoleNames = []struct {
	Name string
	Role Role
}{{"support", Support}, {"ops", Ops}, {"auditor", Auditor}, {"approver", Approver}, {"holder", Holder}}

// String lists the roles.
func (r Role) String() string {
	var names []string
	for _, n := range RoleNames {
		if r&n.Role != 0 {
			names = append(names, n.Name)
		}
	}
	return strings.Join(names, ", ")
}

// person is who signed in, as the session keeps it.
type person struct {
	Issuer, Subject string
	Name            string
	Account         string // whose tokens are theirs; empty: the provider does not say
	Roles           Role
	SignedIn        time.Time // when the provider saw them; zero: it does not say
}

// may reports whether a person has one of some roles.
func (p *person) may(roles Role) bool { return p != nil && p.Roles&roles != 0 }

// operator is the person as events name them.
func (p *person) operator(now time.Time) token.Operator {
	o := token.Operator{Kind: token.OperatorOIDC, ID: p.Issuer + " " + p.Subject, Name: p.Name}
	if !p.SignedIn.IsZero() {
		o.SignedIn = max(1, int64(now.Sub(p.SignedIn).Seconds()))
	}
	return o
}

// isFresh reports whether the provider saw the person so short a time ago.
func (p *person) isFresh(now time.Time, within time.Duration) bool {
	return p != nil && !p.SignedIn.IsZero() && now.Sub(p.SignedIn) <= within
}
