package token

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Reading is what a barcode reader sent for one label, and the serials that it may
// stand for.
type Reading struct {
	Text   string // for people; never a secret
	Secret bool   // the label is the key itself: it is neither shown nor kept
	// As are the serials that the label says, those of a tier being equally likely.
	// A tier counts only when nothing of the ones before it is here.
	As [][]Serial
}

// maxShownScan bounds what is shown of a label that is no serial: the start of
// a long text tells enough.
const maxShownScan = 80

// ReadScan undoes what barcode readers and labels add to a serial: the Enter or Tab
// behind it, the symbology in front (AIM: ]C1), the asterisks of Code 39, a printed
// "S/N:", the element strings of GS1 whose (21) is the serial, and a check digit
// behind it.
func ReadScan(text string) Reading {
	text = strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) && r != fnc1 || unicode.In(r, unicode.Cf, unseen) // pasted along
	})
	text = Unquoted(text)
	r := Reading{Text: strings.Trim(text, string(fnc1))}
	if holdsSecret(text) {
		r.Text, r.Secret = "[a key URI]", true
		return r
	}
	if runes := []rune(r.Text); len(runes) > maxShownScan {
		r.Text = string(runes[:maxShownScan]) + "…"
	}
	bare, gs1 := aim(text)
	plain, said := serialsOf(strings.Trim(bare, string(fnc1))), serialsOf(labelled(bare, gs1)...)
	for _, s := range plain {
		if bare := Serial(s.Bare()); bare != Serial(s.Key()) {
			said = append(said, serialsOf(string(bare))...)
		}
	}
	r.As = append(r.As, plain, said)
	var cut []Serial
	for _, s := range append(slices.Clone(plain), said...) {
		if checked(s.Key()) {
			cut = append(cut, s[:len(s)-1])
		}
	}
	r.As = append(r.As, cut)
	return r
}

// Unquoted takes off what an export leaves around a label that is alone in its row:
// quotes, and delimiters behind it.
func Unquoted(text string) string {
	text = strings.TrimRight(text, ",; ")
	if n := len(text); n > 4 && strings.HasPrefix(text, `="`) && text[n-1] == '"' { // a formula that keeps a text a text
		return strings.TrimSpace(text[2 : n-1])
	}
	if n := len(text); n > 2 && text[0] == '\'' && strings.Count(text, "'") == 1 { // the mark of a text in a sheet
		return strings.TrimSpace(text[1:])
	}
	if n := len(text); n > 2 && text[0] == '"' && text[n-1] == '"' {
		return strings.TrimSpace(text[1 : n-1])
	}
	return text
}

// holdsSecret tells of the QR code that a telephone enrols with: it is not to be
// shown or kept.
func holdsSecret(text string) bool {
	t := strings.ToLower(text)
	return strings.Contains(t, "otpauth") || strings.Contains(t, "secret=")
}

// fnc1 is how a reader sends the separator of GS1.
const fnc1 = '\x1d'

// aim takes the symbology off (ISO/IEC 15424: a bracket, a letter, a modifier), and
// reports whether it says that the text is GS1.
func aim(text string) (rest string, gs1 bool) {
	if len(text) < 3 || text[0] != ']' || !unicode.IsLetter(rune(text[1])) {
		return text, text != "" && text[0] == fnc1
	}
	return text[3:], slices.Contains([]string{"]C1", "]e0", "]d2", "]Q3", "]J1"}, text[:3])
}

func serialsOf(texts ...string) (all []Serial) {
	for _, t := range texts {
		if s, err := ParseSerial(strings.TrimSpace(t)); err == nil && !slices.Contains(all, s) {
			all = append(all, s)
		} else if s := Serial(Serial(t).Bare()); err != nil && len(s) > 0 && len(s) <= MaxSerialLen && ascii(string(s)) {
			if _, err := ParseSerial(string(s)); err == nil {
				all = append(all, s) // printed in groups
			}
		}
	}
	return all
}

// numbered is a label in a list that somebody numbered: 1. 2600412300001.
var numbered = regexp.MustCompile(`^\d{1,5}[.)] +(\S+)$`)

// labelled lists what a label may call its serial.
func labelled(text string, gs1 bool) (all []string) {
	if n := len(text); n > 2 && text[0] == '*' && text[n-1] == '*' {
		all = append(all, text[1:n-1])
	}
	for _, word := range []string{"S/N", "SN", "SERIAL", "SER.NO.", "NR", "NO"} {
		if n := len(word); len(text) > n && strings.EqualFold(text[:n], word) && strings.ContainsAny(text[n:n+1], ":# ") {
			all = append(all, strings.TrimLeft(text[n:], ":# "))
		}
	}
	if m := numbered.FindStringSubmatch(text); m != nil {
		all = append(all, m[1])
	}
	if _, behind, ok := strings.Cut(text, "(21)"); ok {
		serial, _, _ := strings.Cut(behind, "(")
		all = append(all, serial)
	}
	if s, ok := elementSerial(strings.TrimLeft(text, string(fnc1)), gs1); ok {
		all = append(all, s)
	}
	return all
}

// elements are the fixed lengths of GS1 application identifiers (General
// Specifications, 7.8.5) that stand in front of a serial.
var elements = map[string]int{"00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}

// elementSerial walks element strings to the serial, AI 21. Where the reader does
// not say that they are GS1, they must begin with an article number whose check
// digit is right: a serial may begin with 21 too.
func elementSerial(text string, gs1 bool) (string, bool) {
	if !gs1 && !(len(text) > 16 && text[:2] == "01" && gs1Digit(text[2:16])) {
		return "", false
	}
	for len(text) > 2 {
		ai, rest := text[:2], text[2:]
		value, behind, _ := strings.Cut(rest, string(fnc1))
		n, fixed := elements[ai]
		switch {
		case ai == "21":
			return value, true
		case fixed && len(rest) < n:
			return "", false
		case fixed:
			behind = strings.TrimLeft(rest[n:], string(fnc1))
		case ai != "10": // a lot; others are not met in front of a serial
			return "", false
		}
		text = behind
	}
	return "", false
}

// minChecked is how short a serial with its check digit may be: of less every
// fifth number would pass.
const minChecked = 6

// checked reports whether the last digit can be a check digit of the others: Luhn or
// GS1.
func checked(key string) bool {
	_, digits := Serial(key).Digits()
	return digits && len(key) >= minChecked && (luhn(key) || gs1Digit(key))
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			d -= d / 10 * 9
		}
		sum += d
	}
	return sum%10 == 0
}

// gs1Digit is that of article numbers (General Specifications, 7.9.1).
func gs1Digit(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		sum += d * (1 + 2*(i%2))
	}
	return sum%10 == 0
}
