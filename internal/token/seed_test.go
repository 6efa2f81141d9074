package token_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"fob/internal/token"
)

// A seed in a field that its own package exports, and in one that fmt cannot
// call methods on.
type open struct{ Seed token.Seed }
type hidden struct{ seed token.Seed }

func TestSeedPrintsAsMask(t *testing.T) {
	const secret = "SECRETsecret1234"
	seed := token.NewSeed([]byte(secret))
	verbs := "vsqxXdcbotTpUeEfFgG"
	for _, v := range []any{seed, &seed, open{seed}, &open{seed}, hidden{seed}, []token.Seed{seed}, map[string]token.Seed{"a": seed}, []any{hidden{seed}}} {
		for _, verb := range verbs {
			for _, flags := range []string{"", "+", "#", " ", "-20.3"} {
				checkMasked(t, fmt.Sprintf("%"+flags+string(verb), v), secret)
			}
		}
		checkMasked(t, fmt.Sprint(slog.AnyValue(v)), secret)
	}
	text, err := json.Marshal(open{seed})
	if err != nil || string(text) != `{"Seed":"[seed]"}` {
		t.Errorf("JSON gives %s, %v", text, err)
	}
	if text, err := xml.Marshal(open{seed}); err != nil || !strings.Contains(string(text), "[seed]") {
		t.Errorf("XML gives %s, %v", text, err)
	}
	if got := fmt.Sprintf("%v %s %x", seed, seed, seed); got != "[seed] [seed] [seed]" {
		t.Errorf("printed as %q", got)
	}
}

func checkMasked(t *testing.T, text, secret string) {
	t.Helper()
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret), fmt.Sprint([]byte(secret))} {
		if strings.Contains(text, form) || strings.Contains(text, strings.Trim(form, "[]")) {
			t.Errorf("the seed shows in %q", text)
		}
	}
}

func TestSeedClear(t *testing.T) {
	b := []byte("SECRETsecret1234")
	seed := token.NewSeed(b)
	copied := seed
	seed.Clear()
	if copied.Len() != 0 || strings.Trim(string(b), "\x00") != "" {
		t.Errorf("%d bytes are left, %q", copied.Len(), b)
	}
	var zero token.Seed
	zero.Clear()
	if zero.Len() != 0 || !zero.Equal(copied) {
		t.Error("the zero seed is not empty")
	}
}
