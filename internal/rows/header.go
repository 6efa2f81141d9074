package rows

import (
	"strings"
	"unicode"
)

// Name makes the name of a column comparable: lower case, letters and digits
// only, so that "Serial Number", "serial_number" and "SERIALNUMBER" are one.
func Name(field []byte) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, string(field))
}
