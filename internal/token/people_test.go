package token_test

import (
	"testing"

	"fob/internal/token"
)

// é may be written as one character or as two; people see no difference.
func TestAccountsAreComposed(t *testing.T) {
	composed, err := token.ParseAccount("rené@example.com")
	if err != nil {
		t.Fatal(err)
	}
	decomposed, err := token.ParseAccount("rene\u0301@example.com")
	if err != nil || decomposed != composed {
		t.Errorf("%q and %q are two accounts; %v", composed, decomposed, err)
	}
	if upper, err := token.ParseAccount("RENE\u0301@example.com"); err != nil || upper.Key() != composed.Key() {
		t.Errorf("%q and %q are two accounts; %v", composed, upper, err)
	}
	if _, err := token.ParseAccount("ren\xe9"); err == nil {
		t.Error("bytes that are no text are an account")
	}
}
