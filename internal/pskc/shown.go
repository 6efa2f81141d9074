package pskc

import "strings"

// Shown is a word of a file as messages repeat it: a long one might be something
// else, a seed for example.
func Shown(word string) string {
	switch {
	case word == "":
		return "(empty)"
	case len(word) > maxShownName || !printable(word):
		return "(not shown)"
	}
	return word
}

// ShownURI repeats what is surely a URI, and is Shown for what is not.
func ShownURI(uri string) string {
	const maxURI = 128
	scheme, _, _ := strings.Cut(strings.ToLower(uri), ":")
	if len(uri) > maxURI || !printable(uri) || scheme != "urn" && scheme != "http" && scheme != "https" {
		return Shown(uri)
	}
	return uri
}

func printable(text string) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
