package token

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Bare is the serial in upper case without the spaces and dashes that people
// print and say to group it; a token's own dashes go too. It is what a typed
// serial is compared by where it is not here as typed.
func (s Serial) Bare() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u00ad' {
			return -1
		}
		return r
	}, s.Key())
}

// serialChars are what serials are made of, but for their punctuation.
const serialChars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// alike are groups that ear, eye or finger confuse: letters that sound like each
// other on the phone, five and nine, shapes, and neighbours on the keys that digits
// are typed with.
var alike = []string{
	"BCDEGPTVZ3", "AHJK8", "FSX", "MN", "IY", "QU2", "59", "23", // the ear
	"0OQD", "1ILJ7", "2Z", "5S", "8B3", "6G9", "4A", "UV", // the eye
	"12", "34", "45", "56", "67", "78", "89", "90", "14", "25", "36", "47", "58", "69", // the finger
}

// read are letters and the digits that they are read for.
var read = strings.NewReplacer("O", "0", "Q", "0", "I", "1", "L", "1", "Z", "2", "S", "5", "B", "8")

// TypingErrors lists the serial keys one typing error away, the likeliest first: letters read for
// digits throughout, two neighbours or two pairs swapped, a character taken for one
// like it, a doubled one or leading zeros more or less; then any character
// exchanged, left out or added. It serves "near it" suggestions only.
func (s Serial) TypingErrors() []string {
	l := typingErrors{seen: map[string]bool{s.Key(): true}}
	// East Asian keyboards write wide letters and digits.
	if narrow := Serial(width.Narrow.String(string(s))); narrow != s {
		l.add(narrow.Key(), narrow.Bare())
		s = narrow
	}
	for _, key := range []string{s.Bare(), s.Key()} {
		if len(key) == 0 || len(key) > MaxSerialLen || !ascii(key) {
			continue // no serial is near it, and the list grows with its square
		}
		l.add(key, read.Replace(key), layouts.Replace(key))
		l.strokes(key)
		l.swapped(key)
		l.taken(key)
		l.doubled(key)
		l.exchanged(key)
	}
	return l.all
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

type typingErrors struct {
	seen map[string]bool
	all  []string
}

func (l *typingErrors) add(keys ...string) {
	for _, k := range keys {
		if k != "" && len(k) <= MaxSerialLen && !l.seen[k] {
			l.seen[k] = true
			l.all = append(l.all, k)
		}
	}
}

// swapped: 4123 said as 1423, and 41 23 as 23 41.
func (l *typingErrors) swapped(key string) {
	for size := 1; size <= 2; size++ {
		for i := 0; i+2*size <= len(key); i++ {
			l.add(key[:i] + key[i+size:i+2*size] + key[i:i+size] + key[i+2*size:])
		}
	}
}

// layouts exchange the letters that a barcode reader sends of a keyboard that is set
// to another language: as a German one has them.
var layouts = strings.NewReplacer("Y", "Z", "Z", "Y")

// maxStrokes bounds the serials that are tried for places read anew together.
const maxStrokes = 1000

// strokes: 1, l and I look alike, and 0 and O, in several places at once. Where these
// are too many, as in a serial of digits with an O or two, only the letters are read
// anew.
func (l *typingErrors) strokes(key string) {
	for _, anew := range []string{"1IL0O", "ILO"} {
		all, places := []string{""}, 0
		for _, c := range key {
			ways := string(c)
			switch {
			case !strings.ContainsRune(anew, c):
			case c == '0' || c == 'O':
				ways = "0O"
			default:
				ways = "1IL"
			}
			if len(ways) > 1 {
				places++
			}
			if len(all)*len(ways) > maxStrokes {
				all = nil
				break
			}
			var longer []string
			for _, begun := range all {
				for _, way := range ways {
					longer = append(longer, begun+string(way))
				}
			}
			all = longer
		}
		if all != nil {
			if places > 1 { // one alone is among the single typing errors
				l.add(all...)
			}
			return
		}
	}
}

func (l *typingErrors) taken(key string) {
	for _, group := range alike {
		for i := range len(key) {
			if !strings.Contains(group, key[i:i+1]) {
				continue
			}
			for _, r := range group {
				l.add(key[:i] + string(r) + key[i+1:])
			}
		}
	}
}

func (l *typingErrors) doubled(key string) {
	l.add("0"+key, strings.TrimPrefix(key, "0"))
	l.zeros(key)
	for i := range len(key) {
		l.add(key[:i+1] + key[i:])
		if i > 0 && key[i] == key[i-1] {
			l.add(key[:i] + key[i+1:])
		}
	}
}

// usualSerialLen is how long the serials of nearly all devices are at most.
const usualSerialLen = 20

// zeros: a spreadsheet takes all leading zeros away, or fills up with some.
func (l *typingErrors) zeros(key string) {
	if strings.Trim(key, "0123456789") != "" {
		return
	}
	for shorter := key; strings.HasPrefix(shorter, "0"); {
		shorter = shorter[1:]
		l.add(shorter)
	}
	for longer := "00" + key; len(longer) <= usualSerialLen; longer = "0" + longer {
		l.add(longer)
	}
}

func (l *typingErrors) exchanged(key string) {
	for i := range len(key) {
		for _, r := range serialChars {
			l.add(key[:i] + string(r) + key[i+1:])
		}
	}
	for i := range len(key) {
		l.add(key[:i] + key[i+1:])
	}
	for i := range len(key) + 1 {
		for _, r := range serialChars {
			l.add(key[:i] + string(r) + key[i:])
		}
	}
}
