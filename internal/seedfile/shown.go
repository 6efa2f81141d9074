package seedfile

import "fob/internal/token"

// maxShown bounds the words of a file that messages repeat: one less than the
// characters of the shortest seed in hex.
const maxShown = 2*token.MinShortSeedLen - 1

// Shown is a word of a file (the name of an element, an algorithm) as messages
// repeat it. One that is long, cannot be printed or may be a seed is not.
func Shown(word string) string {
	switch {
	case word == "":
		return "(empty)"
	case len(word) > maxShown || !printable(word) || SerialLooksLikeSeed(word):
		return "(not shown)"
	}
	return word
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
