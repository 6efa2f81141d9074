package seedfile

import "time"

// Epoch2000 is the moment that the clocks of eToken PASS and SafeWord tokens count
// from, 2000-01-01T00:00:00Z, in Unix seconds.
const Epoch2000 = 946_684_800

// ParseMade reads when a token was made, in a layout of package time. OATH began in
// 2004, and a year before 1990 or after 2200 is damage.
func ParseMade(layout, text string) (at time.Time, ok bool) {
	at, err := time.Parse(layout, text)
	return at, err == nil && at.Year() >= 1990 && at.Year() <= 2200
}
