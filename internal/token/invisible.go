package token

import (
	"unicode"

	"fob/internal/fault"
)

// unseen are characters that show as nothing beside those of category Cf and the
// separators of lines and paragraphs: fillers that fonts leave empty, and marks that
// only choose how the character before them is drawn.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}},
}

const (
	joiner  = '\u200d'
	asEmoji = '\ufe0f'
)

// runeNames are those that people meet: pasted from web pages, mails and word
// processors.
var runeNames = map[rune]string{
	'\u00ad': "a soft hyphen", '\u200b': "a zero-width space", '\u200c': "a zero-width non-joiner", joiner: "a zero-width joiner",
	'\u2028': "a line separator", '\u2029': "a paragraph separator", '\u2060': "a word joiner",
	'\ufeff': "a byte order mark", '\u3164': "a Hangul filler", '\u115f': "a Hangul filler", '\u1160': "a Hangul filler", '\uffa0': "a Hangul filler",
	asEmoji: "a variation selector",
}

// checkSeen refuses characters in an account that nobody sees: with one in it two
// accounts look alike. Within emoji the joiner and the selector are what makes one
// picture of several, and are taken as typed.
func checkSeen(text string) error {
	runes := []rune(text)
	for i, r := range runes {
		if !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unseen) || withinEmoji(runes, i) {
			continue
		}
		name, known := runeNames[r]
		if !known {
			name = "a character"
		}
		return fault.Errorf(fault.Usage, "the account contains %s (U+%04X), which nobody sees", name, r).
			WithHint("it came with copied text: type the account by hand")
	}
	return nil
}

// withinEmoji reports whether a joiner stands between two emoji, or a selector
// behind one.
func withinEmoji(runes []rune, i int) bool {
	if i == 0 {
		return false
	}
	before := runes[i-1]
	switch runes[i] {
	case asEmoji:
		return pictured(before)
	case joiner:
		return (pictured(before) || before == asEmoji && withinEmoji(runes, i-1)) && i+1 < len(runes) && pictured(runes[i+1])
	}
	return false
}

// pictured tells of a symbol, or of a skin tone behind one.
func pictured(r rune) bool { return unicode.Is(unicode.So, r) || r >= 0x1f3fb && r <= 0x1f3ff }
