package seedfile

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/token"
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
	alphabets = map[Encoding]*alphabet{Hex: hexDigits, Base32: base32Digits, Base64: base64Digits}
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

// maxSeedText bounds a seed's text: the longest seed in hex, with a blank
// behind every digit.
const maxSeedText = 4 * token.MaxParsedSeed

// Decode makes a seed of a secret, in a copy of its own: the secret stays with
// the caller. The secret's encoding counts; enc is for one that is Unknown.
//
// Hex and base32 may be in either case, base64 in either of its two alphabets,
// padding may be missing but not wrong, and blanks may group the characters
// (dashes may not: they are digits of base64). The text must be whole bytes:
// an odd hex digit, an impossible length, a bit set behind the last byte are
// damage. The result has 1 to token.MaxParsedSeed bytes; what lengths are good
// enough for a token is the import's to say. Errors tell positions, counted in
// characters from 1, and never content.
func Decode(s Secret, enc Encoding) (token.Seed, error) {
	if s.Encoding != Unknown {
		enc = s.Encoding
	}
	return DecodeText(s.Text.Bytes(), enc)
}

// Take is Decode for who needs the secret no more: raw bytes change hands without
// a copy, and the secret is empty then. Of a text nothing is taken.
func (s *Secret) Take(enc Encoding) (token.Seed, error) {
	if n := s.Text.Len(); s.Encoding != Raw || n == 0 || n > token.MaxParsedSeed {
		return Decode(*s, enc)
	}
	seed := s.Text
	s.Text = token.Seed{}
	return seed, nil
}

// DecodeText is Decode for a reader that still has the file's bytes at hand.
func DecodeText(text []byte, enc Encoding) (token.Seed, error) {
	a := alphabets[enc]
	var seed []byte
	var err error
	switch {
	case a != nil:
		seed, err = a.decode(text)
	case enc != Raw:
		err = refusef("the encoding of the seed is not known; say %s", fault.Encoding)
	case len(text) == 0:
		err = refusef("the seed is empty")
	case len(text) > token.MaxParsedSeed:
		err = tooLong()
	default:
		seed = bytes.Clone(text)
	}
	if err != nil {
		return token.Seed{}, err
	}
	return token.NewSeed(seed), nil
}

func refusef(format string, args ...any) error {
	return fault.Errorf(fault.Refused, format, args...)
}

func tooLong() error {
	return refusef("the seed has more than %d bytes; is this column the seed?", token.MaxParsedSeed)
}

// roundedSeed is how many zeros behind its 15th digit make a seed a rounded number: a
// seed of 16 bytes in hex is one by chance once in 10^15, with no letter in it and
// zeros alone at its end.
const roundedSeed = 10

// decode reads the digits as one long number. On error nothing of it stays in
// memory.
func (a *alphabet) decode(text []byte) ([]byte, error) {
	if len(text) > maxSeedText {
		return nil, tooLong()
	}
	room := make([]byte, 0, len(text)*int(a.bits)/8)
	if a == hexDigits {
		if bytes.HasSuffix(text, []byte("0000000000")) && damage.Rounded(string(text)) >= roundedSeed {
			return nil, refusef("the seed is a number of which a spreadsheet kept 15 digits; take it from the original file")
		}
		if n, err := hex.Decode(room[:cap(room)], text); err == nil && n > 0 && n <= token.MaxParsedSeed {
			return room[:n], nil // what nearly all seeds are; anything else is looked at below
		}
	}
	seed, err := a.read(room, text)
	if err == nil && len(seed) > token.MaxParsedSeed {
		err = tooLong()
	}
	if err != nil {
		clear(room[:cap(room)])
		return nil, err
	}
	return seed, nil
}

// read appends the bytes of a text to out, which has room for them. More bits left
// than a digit less one mean that the last digit begins a byte that never ends.
func (a *alphabet) read(out, text []byte) ([]byte, error) {
	var rest uint // digits not yet written out, in its low restBits
	var restBits uint
	digits, pads := 0, 0
	for i, c := range text {
		v := a.value[c]
		switch {
		case v < padding && pads == 0:
			digits++
			rest, restBits = rest<<a.bits|uint(v), restBits+a.bits
			if restBits >= 8 {
				restBits -= 8
				out = append(out, byte(rest>>restBits))
				rest &= 1<<restBits - 1
			}
		case v < padding:
			return nil, refusef("the seed goes on behind its padding, at character %d", position(text, i))
		case v == padding:
			pads++
		case v == illegal:
			return nil, a.illegalAt(text, i)
		}
	}
	switch {
	case digits == 0:
		return nil, refusef("the seed is empty")
	case a == hexDigits && digits%2 == 1:
		return nil, refusef("the seed has an odd number of hex digits (%d): one is missing or too many", digits)
	case restBits >= a.bits:
		return nil, refusef("no seed has %d %s characters: some are missing or too many", digits, a.encoding)
	case rest != 0:
		return nil, refusef("the last %s character of the seed has bits beyond its last byte: it is damaged or cut off", a.encoding)
	case pads > 0 && ((digits+pads)%a.group != 0 || pads >= a.group):
		return nil, refusef("the seed's padding (=) has the wrong length: it is damaged or cut off")
	}
	return out, nil
}

// scientific reports whether a spreadsheet made a number of a seed that looked like
// one. A plain run of digits with one E in it is hex.
func scientific(text []byte) bool { return damage.Exponent(string(bytes.TrimSpace(text))) }

func (a *alphabet) illegalAt(text []byte, i int) error {
	switch {
	case scientific(text):
		return refusef("the seed was turned into a number by a spreadsheet; take it from the original file")
	case damage.SheetError(string(text)):
		return refusef("the seed is an error of a spreadsheet; take it from the original file")
	case i == 1 && text[0] == '0' && text[1]|0x20 == 'x':
		return refusef("the seed has 0x in front, which is no part of it; take it off in a copy of the file")
	}
	return refusef("character %d of the seed is not %s", position(text, i), a.digit)
}

// position counts characters up to a byte, from 1.
func position(text []byte, i int) int { return utf8.RuneCount(text[:i]) + 1 }

// features are what the characters of a seed's text have in common.
type features struct {
	chars        int // without blanks and padding
	upper, lower bool
	padded       bool
	beyondHex    bool // a character that hex has in neither case
	beyondBase32 bool
	illegal      bool // a character that base64 has not either
}

// look gathers the features of a text.
func look(text []byte) (f features) {
	for _, c := range text {
		switch base64Digits.value[c] {
		case blank:
			continue
		case padding:
			f.padded = true
			continue
		case illegal:
			f.illegal = true
		}
		f.chars++
		f.upper = f.upper || c >= 'A' && c <= 'Z'
		f.lower = f.lower || c >= 'a' && c <= 'z'
		f.beyondHex = f.beyondHex || hexDigits.value[c] == illegal
		f.beyondBase32 = f.beyondBase32 || base32Digits.value[c] == illegal
	}
	return f
}
