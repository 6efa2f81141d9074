package token

import (
	"fmt"
	"time"
)

// AtVerifier is what a verifier that got the seed of a token makes of it, if that is not
// what the token is here. Its JSON names are kept for good.
type AtVerifier struct {
	Verifier string     `json:"verifier"`
	EndedAt  *time.Time `json:"ended_at"` // since then it does not accept the token; null: it does
	Account  *string    `json:"account"`  // whose the token still is there
}

// NotAs leaves out the verifiers that have the token as the account's.
func NotAs(a Account, all []AtVerifier) []AtVerifier {
	others := []AtVerifier{}
	for _, v := range all {
		if v.EndedAt != nil || Account(*v.Account).Key() != a.Key() {
			others = append(others, v)
		}
	}
	return others
}

// Fact says what the verifier makes of the token, in its words for it.
func (v AtVerifier) Fact(what string) string {
	if v.EndedAt != nil {
		return fmt.Sprintf("%s ended %s on %s", v.Verifier, what, v.EndedAt.UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf("%s still has %s as that of %s", v.Verifier, what, *v.Account)
}

// Words add what is left to do there, so that the token can be used as it is here: by an
// account, or by nobody.
func (v AtVerifier) Words(s Serial, a Account) string {
	fact := v.Fact("token " + string(s))
	switch {
	case v.EndedAt != nil && a == "":
		return fact + ": it cannot be used there until it is enabled"
	case v.EndedAt != nil:
		return fact + ": enable it there, if that is not done"
	case a == "":
		return fact + ": end it there"
	}
	return fmt.Sprintf("%s: give it to %s there", fact, a)
}
