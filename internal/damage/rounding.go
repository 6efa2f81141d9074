package damage

import (
	"math"
	"strings"
)

// keptDigits is how many digits of a number a spreadsheet keeps (IEEE 754 double, as
// Excel shows it): from the sixteenth on they are zeros, whatever was typed.
const keptDigits = 15

// Rounded is how many zeros a number of digits has in the place of what a spreadsheet
// would have dropped; 0: it has others there, or is not so long.
func Rounded(text string) int {
	digits := strings.TrimLeft(text, "0")
	if len(digits) <= keptDigits || strings.Trim(text, "0123456789") != "" || strings.Trim(digits[keptDigits:], "0") != "" {
		return 0
	}
	return len(digits) - keptDigits
}

// Rounding judges the serials of a whole file: a spreadsheet may have kept 15 digits
// of each.
type Rounding struct {
	long, rounded int
	zeros         int // of all rounded ones together
}

// Add takes a serial.
func (r *Rounding) Add(serial string) {
	if len(serial) <= keptDigits {
		return
	}
	if zeros := Rounded(serial); zeros > 0 {
		r.long, r.rounded, r.zeros = r.long+1, r.rounded+1, r.zeros+zeros
	} else if strings.Trim(serial, "0123456789") == "" && len(strings.TrimLeft(serial, "0")) > keptDigits {
		r.long++
	}
}

// oneInAMillion is what the odds of a healthy file must stay below for a refusal.
const oneInAMillion = 1e-6

// Suspect reports whether all serials of more than 15 digits are as a spreadsheet
// leaves them, and Certain whether that can be no chance. A serial ends in z zeros
// once in 10^z, and the next numbers of a box end in others: two serials of 20 digits
// do so once in 10^10 files, seven of 16 digits once in 10^7, and the more records
// the less. One serial alone is told and not refused.
func (r *Rounding) Suspect() (n int, suspect, certain bool) {
	suspect = r.rounded > 0 && r.rounded == r.long
	return r.rounded, suspect, suspect && r.rounded > 1 && math.Pow(10, -float64(r.zeros)) < oneInAMillion
}
