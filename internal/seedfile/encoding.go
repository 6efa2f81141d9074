package seedfile

import (
	"fob/internal/fault"
	"slices"
	"strings"
)

// Encoding is how a seed is written in its file.
type Encoding string

// The encodings. Unknown stands for one that the format does not fix.
const (
	Unknown Encoding = ""
	Raw     Encoding = "raw"
	Hex     Encoding = "hex"
	Base32  Encoding = "base32"
	Base64  Encoding = "base64"
)

// Encodings are those that a person can name, the narrowest first.
func Encodings() []Encoding { return []Encoding{Hex, Base32, Base64} }

// ParseEncoding reads a name in any case.
func ParseEncoding(s string) (Encoding, error) {
	if e := Encoding(strings.ToLower(s)); slices.Contains(Encodings(), e) {
		return e, nil
	}
	return Unknown, fault.Errorf(fault.Usage, "no encoding %q; hex, base32 and base64 are known", s)
}

// What a character means to an alphabet, when it is no digit of it.
const (
	illegal byte = 0xFF - iota
	blank        // between groups of digits
	padding      // behind the last digit
)

// alphabet is a positional notation for bytes: hex, base32 and base64 differ in
// nothing but the digits, their number and the padding.
type alphabet struct {
	encoding Encoding
	digit    string // what one of its characters is called in messages
	bits     uint   // per digit
	group    int    // digits that padding fills up to; 0: no padding
	value    [256]byte
}

// RFC 4648: hex in section 8 and base32 in section 6, both in either case;
// base64 in sections 4 and 5, both sets of digits 62 and 63.
var (
	hexDigits    = newAlphabet(Hex, "a hex digit", 4, 0, "0123456789ABCDEF", "0123456789abcdef")
	base32Digits = newAlphabet(Base32, "a base32 character (A to Z, 2 to 7)", 5, 8,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghijklmnopqrstuvwxyz234567")
	base64Digits = newAlphabet(Base64, "a base64 character", 6, 4,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)

func newAlphabet(e Encoding, digit string, bits uint, group int, digits ...string) *alphabet {
	a := &alphabet{encoding: e, digit: digit, bits: bits, group: group}
	for i := range a.value {
		a.value[i] = illegal
	}
	for _, set := range digits {
		for i := range len(set) {
			a.value[set[i]] = byte(i)
		}
	}
	a.value[' '], a.value['\t'] = blank, blank
	if group > 0 {
		a.value['='] = padding
	}
	return a
}

func alphabetOf(e Encoding) *alphabet {
	switch e {
	case Hex:
		return hexDigits
	case Base32:
		return base32Digits
	case Base64:
		return base64Digits
	}
	return nil
}
