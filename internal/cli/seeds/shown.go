package seeds

import (
	"fmt"
	"slices"
	"strings"

	"fob/internal/intake"
	"fob/internal/token"
)

// describeShown is a record in one line, its seed masked.
func describeShown(s intake.Shown) string {
	seed := "seed ********"
	if s.SeedBytes > 0 { // else it could not be opened
		seed += fmt.Sprintf(" (%d bytes)", s.SeedBytes)
	}
	parts := []string{fmt.Sprintf("%s: %s", s.Place, s.Serial), params(s), seed}
	parts = append(parts, strings.TrimSpace(s.Manufacturer+" "+s.Model), string(s.Account))
	return strings.Join(withoutEmpty(parts), ", ")
}

// params tells what is known of a token's parameters.
func params(s intake.Shown) string {
	words := []string{string(s.Type), string(s.Hash)}
	if s.Digits > 0 {
		words = append(words, fmt.Sprintf("%d digits", s.Digits))
	}
	switch {
	case s.Type == token.HOTP && s.Counter != nil:
		words = append(words, fmt.Sprintf("counter %d", *s.Counter))
	case s.Type == token.HOTP && !slices.Contains(s.Encrypted, "counter"):
		words = append(words, "counter ?")
	case s.Type == token.TOTP && s.Period != nil && *s.Period > 0:
		words = append(words, fmt.Sprintf("%d s", *s.Period))
	}
	for _, field := range s.Encrypted {
		words = append(words, field+" encrypted")
	}
	return strings.Join(withoutEmpty(words), " ")
}

func withoutEmpty(all []string) []string {
	var some []string
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}
