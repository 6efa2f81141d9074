package rows

import "time"

// The layouts of a day alone, and of a moment. Points stand between day, month and
// year in one order only; strokes do in two.
var (
	dayLayouts    = []string{time.DateOnly, "2006/1/2", "2006.1.2", "2.1.2006", "2-Jan-2006", "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "20060102"}
	momentLayouts = []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2.1.2006 15:04:05", "2.1.2006 15:04"}
)

// ParseDay reads a date as tables have it, in UTC; zero: fob cannot read it. Other is
// another day that it may be, else the same. Bare says that it is a day without a time.
func ParseDay(text string) (at, other time.Time, bare bool) {
	for _, layout := range momentLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), at.UTC(), false
		}
	}
	for _, layout := range dayLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, at, true
		}
	}
	at, err1 := time.Parse("2/1/2006", text)
	other, err2 := time.Parse("1/2/2006", text)
	switch {
	case err1 != nil && err2 != nil:
		return time.Time{}, time.Time{}, false
	case err1 != nil:
		at = other
	case err2 != nil:
		other = at
	}
	return at, other, true
}
