package token_test

import (
	"strings"
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

// An account with a character that nobody sees would be the twin of another.
func TestUnseenInAccounts(t *testing.T) {
	for typed, want := range map[string]string{
		"a\u200bb": "a zero-width space (U+200B)", "a\u200cb": "U+200C", "a\u200db": "a zero-width joiner (U+200D)", "a\u200eb": "U+200E",
		"a\u200fb": "U+200F", "a\u2028b": "a line separator (U+2028)", "a\u2029b": "a paragraph separator (U+2029)",
		"a\u00adb": "a soft hyphen (U+00AD)", "a\ufeffb": "a byte order mark (U+FEFF)", "\ufeffab": "U+FEFF", "a\u2060b": "a word joiner (U+2060)",
		"a\u3164b": "a Hangul filler (U+3164)", "a\u115fb": "a Hangul filler", "a\uffa0b": "a Hangul filler", "a\u034fb": "U+034F",
		"a\U000e0001b": "U+E0001", "a\U000e0061b": "U+E0061", "a\U000e0100b": "U+E0100", "a\ufe0fb": "a variation selector (U+FE0F)", "a\ufe00b": "U+FE00",
		"\U0001f468\u200d": "U+200D", "\u200d\U0001f468": "U+200D", "a\ufe0f\u200d\U0001f468": "U+FE0F", "\U0001f468\u200b\U0001f469": "U+200B",
	} {
		if _, err := token.ParseAccount(typed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+q: %v", typed, err)
		}
	}
	for _, emoji := range []string{
		"\U0001f468\u200d\U0001f469\u200d\U0001f467@example.com", // a family
		"\u2764\ufe0f\u200d\U0001f525",                           // a heart on fire
		"\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f3f3\ufe0f\u200d\U0001f308", "\u2764\ufe0f anna", "\u263a",
	} {
		if a, err := token.ParseAccount(emoji); err != nil || string(a) != emoji {
			t.Errorf("%+q is taken as %+q: %v", emoji, a, err)
		}
	}
}
