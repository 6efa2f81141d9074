package token

import (
	"slices"
	"strings"
	"unicode"
)

// Claim is an answer to a question about a token that a person may leave open.
type Claim int

// The answers.
const (
	Unsaid Claim = iota
	Yes
	No
)

// ClaimOf is a plain yes or no.
func ClaimOf(yes bool) Claim {
	if yes {
		return Yes
	}
	return No
}

// What people write about a leak and about a theft, in the languages of those who write
// it: the beginnings of words. The words of secrecy count beside a word for the secret
// alone: a display may be exposed to rain.
var (
	leakWords   = []string{"leak", "geleakt", "compromis", "kompromit", "durchgesickert", "divulgué"}
	openWords   = []string{"stolen", "exposed", "disclos", "publish", "copied", "known", "gestohlen", "entwendet", "kopiert", "offengelegt", "bekannt", "veröffentlicht"}
	secretWords = []string{"seed", "secret", "key", "schlüssel", "geheimnis"}
	theftWords  = []string{"stolen", "stole", "theft", "thief", "thieves", "robbed", "robbery", "burgl", "snatched", "mugged", "gestohlen", "diebstahl", "gestohlen", "entwendet", "geklaut", "geraubt", "überfall", "einbruch", "volé", "rubato"}
)

// SpeaksOfLeak reports whether a text says that others know a seed.
func SpeaksOfLeak(text string) bool {
	return hasWord(text, leakWords) || hasWord(text, secretWords) && hasWord(text, openWords)
}

// SpeaksOfTheft reports whether a text says that a token was stolen.
func SpeaksOfTheft(text string) bool { return hasWord(text, theftWords) }

func hasWord(text string, beginnings []string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(w, b) })
	})
}
