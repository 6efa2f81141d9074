package token_test

import (
	"testing"

	"fob/internal/token"
)

// What may be one person counts as one: nobody is to approve what they asked for
// themselves.
func TestSamePerson(t *testing.T) {
	olga := token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga"}
	page := token.Operator{Kind: token.OperatorOIDC, ID: "https://login.example s-1", Name: "Olga"}
	for _, c := range []struct {
		a, b token.Operator
		want bool
	}{
		{olga, olga, true},
		{olga, token.Operator{Kind: token.OperatorOS, ID: "1001", Name: "nils"}, false},
		{olga, token.Operator{Kind: token.OperatorOS, ID: "0", Name: "root", SudoUID: "1000"}, true},
		{page, token.Operator{Kind: token.OperatorOIDC, ID: "https://login.example s-2", Name: "Olga"}, false},
		{page, token.Operator{Kind: token.OperatorOIDC, ID: page.ID, Name: "Olga Berg"}, true},
		{olga, page, true},
		{olga, token.Operator{Kind: token.OperatorOIDC, ID: page.ID, Name: "Olga Berg"}, false},
	} {
		if got := c.a.SamePerson(c.b); got != c.want || c.b.SamePerson(c.a) != c.want {
			t.Errorf("%v, %v: %v", c.a, c.b, got)
		}
	}
}
