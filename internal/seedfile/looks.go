package seedfile

import (
	"strings"

	"fob/internal/token"
)

// LooksLikeHex tells of a text that ought to be base32 whether it is hex instead:
// as many characters as the shortest seed has in hex, and all of them digits of
// it. That some hex can be read as base32 (of A to F and 2 to 7) does not matter:
// hardly any base32 is like that, by chance one seed of 16 bytes in 10^10.
func LooksLikeHex(text []byte) bool {
	f := look(text)
	return f.chars >= shortHex && !f.beyondHex && !f.padded
}

// LooksWider tells of a seed that its encoding cannot read how it is written instead:
// base32 in one letter case where hex belongs, base64 where either does; Unknown: it
// is damaged. As many characters as a good seed has are no word, and no hex that was
// mistyped: that has one sign or two beyond hex.
func LooksWider(text []byte, e Encoding) Encoding {
	f := look(text)
	beyond := 0
	for _, c := range text {
		if hexDigits.value[c] == illegal {
			beyond++
		}
	}
	switch {
	case f.illegal || f.chars < shortBase32 || 4*beyond < f.chars:
	case e == Hex && !f.beyondBase32 && !(f.upper && f.lower):
		return Base32
	case f.upper && f.lower && f.chars >= shortBase64:
		return Base64
	}
	return Unknown
}

// What stands where a seed ought not to be is judged in three ways. A word (an
// account, a maker) is refused only if it can hardly be anything but a seed:
// names are long too. So is a serial, but serials are shorter and have no words
// in them. And the serial of a record that is refused anyway is shown only if it
// can hardly be a seed, for such records are what exchanged columns give.

// The characters that the shortest seeds have.
const (
	goodBase32 = (token.MinSeedLen*8 + 4) / 5
	goodBase64 = (token.MinSeedLen*8 + 5) / 6

	shortHex    = 2 * token.MinShortSeedLen
	shortBase32 = (token.MinShortSeedLen*8 + 4) / 5
	shortBase64 = (token.MinShortSeedLen*8 + 5) / 6
)

// LooksLikeSeed reports whether a text that ought to be something else may be a
// seed: as many characters of hex or base32 as a good seed has and nothing
// else, or as many of base64 in which cases change as they do in no words. No healthy
// file has such a word: a sAMAccountName ends at 20 characters, a UPN has an @, and the
// names of makers and models have blanks, signs or a capital in front of small letters
// long before 26. The letters of a name of 22 change their case at random in one of three
// places with odds far below one in a million.
func LooksLikeSeed(text string) bool {
	if len(text) < goodBase64 {
		return false // as nearly all are, and a file has millions
	}
	text = strings.TrimRight(text, "=")
	return len(text) >= goodBase32 && narrow(text) || len(text) >= goodBase64 && scrambled(text)
}

// SerialLooksLikeSeed is LooksLikeSeed for a serial, with the lengths of short
// seeds for hex and base32: of serials met in the field none is like that. Those
// of digits alone are long, and public ids of YubiKeys are letters alone. Short
// base64 could be a serial; with a serial in the place of its seed, the record
// is refused for that.
func SerialLooksLikeSeed(text string) bool {
	if len(text) < shortBase32 {
		return false
	}
	text = strings.TrimRight(text, "=")
	f := look([]byte(text))
	digits, letters := strings.ContainsAny(text, "0123456789"), f.upper || f.lower
	least := shortBase32
	if !f.beyondHex {
		least = shortHex
	}
	return digits && letters && len(text) >= least && narrow(text) || LooksLikeSeed(text)
}

// narrow reports whether a text is of nothing but hex, or of nothing but base32 in
// one letter case.
func narrow(text string) bool {
	f := look([]byte(text))
	return strings.IndexFunc(text, sign) < 0 && (!f.beyondHex || !f.beyondBase32 && !(f.upper && f.lower))
}

// sign is whatever is neither a letter nor a digit.
func sign(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// scrambled reports whether a text is of base64 and its letters change case as
// often as those of random bytes: between two letters in three at least. The
// words of names are longer.
func scrambled(text string) bool {
	if look([]byte(text)).illegal || strings.ContainsAny(text, "= \t") {
		return false
	}
	letters, changes := 0, 0
	var before byte
	for i := range len(text) {
		c := text[i]
		if lower := c | 0x20; lower < 'a' || lower > 'z' {
			continue
		}
		if letters++; letters > 1 && (c^before)&0x20 != 0 {
			changes++
		}
		before = c
	}
	return letters > 0 && 3*changes >= letters
}

// mayBeSeed reports whether a serial had better not be shown: whether it is as long
// as the shortest seed in base64 and not plainly a number, perhaps with some
// letters of its maker before it, shorter than hex would be. Separators do not
// count: they may group a seed's characters, and two of base64's are among them.
// Some real serials are kept back by this; their lines are named all the same.
func mayBeSeed(serial string) bool {
	if len(serial) < shortBase64 {
		return false
	}
	const maker = 4
	whole := strings.Join(strings.FieldsFunc(serial, sign), "")
	digits := strings.TrimLeftFunc(whole, func(r rune) bool { return r > '9' })
	number := len(whole)-len(digits) <= maker && strings.Trim(digits, "0123456789") == ""
	return !number || len(whole) >= shortHex
}

// maxShown bounds the words of a file that messages repeat: one less than the
// characters of the shortest seed in hex.
const maxShown = shortHex - 1

// Shown is a word of a file (the name of an element, an algorithm) as messages
// repeat it. One that is long, cannot be printed or may be a seed is not.
func Shown(word string) string {
	switch {
	case word == "":
		return "(empty)"
	case len(word) > maxShown || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r > '~' }) || SerialLooksLikeSeed(word):
		return "(not shown)"
	}
	return word
}
