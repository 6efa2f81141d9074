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

// A name is one person's however people spell it.
func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"anna", "Anna@example.com", true}, {"anna", `EXAMPLE\anna`, true}, {"Sonja Berg", "sonja.berg", true}, {"Berg, Sonja", "sonja_berg@example.com", true},
		{"Sonja Berg", "Sonja", false}, {"Sonja Berg", "Otto Berg", false}, {"", "", false}, {"...", "---", false}, {"...", "...", true},
	} {
		if got := token.SameName(c.a, c.b); got != c.want || token.SameName(c.b, c.a) != c.want {
			t.Errorf("%q, %q: %v", c.a, c.b, got)
		}
	}
	for _, own := range []string{"Sonja Berg", "sonja.berg", "sb7", "SB7@example.com"} {
		if _, err := token.ParseApprover(own, token.Operator{Name: "Sonja Berg"}, "sb7"); err == nil {
			t.Errorf("%q approves what they do themselves", own)
		}
	}
	if _, err := token.ParseApprover("Otto Berg", token.Operator{Name: "Sonja Berg"}, ""); err != nil {
		t.Error(err)
	}
}
