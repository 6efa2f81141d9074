package token

import (
	"fmt"
	"strings"
	"unicode"

	"fob/internal/damage"
	"fob/internal/fault"
)

// MaxSerialLen bounds a serial's length in characters: the longest met in the
// field (a serial with a key id behind it) has fewer than 40.
const MaxSerialLen = 64

// Serial is the text printed on the device. It is text, never a number:
// leading zeros count. It is shown as imported and compared by Key.
type Serial string

// Key is what serials are compared and stored by: upper case.
func (s Serial) Key() string { return strings.ToUpper(string(s)) }

// formerMark divides the serial of a device from the number of an earlier life of it. No
// seed file has it in a serial.
const formerMark = "~"

// Former is what a token is called once its device was burnt anew, which passes the
// serial to another token: 60234567~1 for the first life of the device.
func (s Serial) Former(life int) Serial { return Serial(fmt.Sprint(s, formerMark, life)) }

// Device is the serial of the token's device, whichever life of it the token was.
func (s Serial) Device() Serial {
	device, _, _ := strings.Cut(string(s), formerMark)
	return Serial(device)
}

// IsFormer reports whether the token's device was burnt anew since.
func (s Serial) IsFormer() bool { return strings.Contains(string(s), formerMark) }

// AsDigits reads letters that are taken for digits as those: O for 0, I and l for 1. A
// serial that has others stays as it is.
func (s Serial) AsDigits() Serial {
	read := strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s.Key())
	if strings.Trim(read, "0123456789 -") != "" {
		return s
	}
	return Serial(read)
}

func serialRune(r rune, first bool) bool {
	switch {
	case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
		return true
	case strings.ContainsRune("._/:-", r):
		return !first
	}
	return false
}

// ParseSerial checks the text of a serial as a seed file or a person gives it,
// surrounded by no blanks. The error is in words fit for a reject list.
func ParseSerial(text string) (Serial, error) {
	if text == "" {
		return "", fault.Errorf(fault.Refused, "the serial is empty")
	}
	if len(text) > MaxSerialLen {
		return "", fault.Errorf(fault.Refused, "the serial has %d characters, the limit is %d", len(text), MaxSerialLen)
	}
	if said := damage.Serial(text); said != "" {
		return "", fault.Errorf(fault.Refused, "the serial %s %s", shown(text), said)
	}
	for i, r := range text {
		if !serialRune(r, i == 0) {
			return "", fault.Errorf(fault.Refused, "the serial contains %s; letters, digits and . _ / : - are allowed, the first must be a letter or digit", describeRune(r))
		}
	}
	return Serial(text), nil
}

// shown is a damaged value for a terminal.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// describeRune names a character without ever sending it raw to a terminal.
func describeRune(r rune) string {
	if r > ' ' && r < 0x7f {
		return fmt.Sprintf("%q", r)
	}
	return fmt.Sprintf("the character U+%04X", r)
}

// Digits tells how many digits a serial has that consists of nothing else.
func (s Serial) Digits() (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	return len(s), len(s) > 0
}

// TypedSerial is a serial to look for, as a person typed it. Blanks come along when one is pasted, and no
// serial has any.
func TypedSerial(typed string) (Serial, error) {
	s := Serial(strings.TrimSpace(typed))
	switch {
	case s == "":
		return "", fault.Errorf(fault.Usage, "the serial is empty")
	case len(s) > MaxSerialLen:
		return "", fault.Errorf(fault.NotFound, "there is no such token: a serial has %d characters at most, this text has %d", MaxSerialLen, len(s))
	}
	return s, nil
}
