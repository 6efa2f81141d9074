package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/token"
)

// String is the filter in words, for a person who holds only the export:
// "all tokens", or "tokens with state bound, batch 3".
func (f Filter) String() string {
	var parts []string
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(f.State != "", "state %s", f.State)
	add(f.Account != "", "account %q", string(f.Account))
	add(f.Batch != 0, "batch %d", f.Batch)
	add(f.Location != "", "location %q", f.Location)
	add(f.Manufacturer != "", "manufacturer %q", f.Manufacturer)
	add(f.Model != "", "model %q", f.Model)
	add(f.Type != "", "type %s", f.Type)
	add(!f.ExpiringBy.IsZero(), "an expiry by %s", f.ExpiringBy.UTC().Format("2006-01-02 15:04 UTC"))
	add(f.Nowhere, "%s", "no location")
	add(f.Marked, "%s", "a leak or a theft")
	add(!f.LockedAt.IsZero(), "a lock at %s", f.LockedAt.UTC().Format("2006-01-02 15:04 UTC"))
	add(f.Verifier != "", "a seed that went to %q", f.Verifier)
	add(f.Ending != "", "serials that end with %q", string(f.Ending))
	add(f.Prefix != "", "serials that begin with %q", string(f.Prefix))
	add(f.After != "", "serials behind %q", string(f.After))
	add(f.Limit != 0, "at most %d of them", f.Limit)
	text := "all tokens"
	if len(parts) > 0 {
		text = "tokens with " + strings.Join(parts, ", ")
	}
	if !f.AsOf.IsZero() {
		text += " as of " + AsOfWords(f.AsOf)
	}
	return text
}

// EndOfDay is the last instant of a UTC day: what "as of" a date means.
func EndOfDay(day time.Time) time.Time {
	return day.UTC().Truncate(24 * time.Hour).Add(24*time.Hour - time.Nanosecond)
}

// AsOfWords names an instant; the end of a day by the day.
func AsOfWords(at time.Time) string {
	if at.Equal(EndOfDay(at)) {
		return "the end of " + at.UTC().Format(time.DateOnly) + " UTC"
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// Selects reports whether a token is among those that the filter selects; where it
// begins and how many there may be is left to who walks.
func (f Filter) Selects(t *Token) bool {
	return (f.State == "" || f.State == t.State) &&
		(f.Account == "" || t.Account != nil && token.Account(*t.Account).Key() == f.Account.Key()) &&
		(f.Batch == 0 || f.Batch == t.Batch) &&
		(f.Location == "" || t.Location != nil && token.LocationWithin(token.LocationKey(*t.Location), token.LocationKey(f.Location))) &&
		(f.Manufacturer == "" || strings.EqualFold(t.Manufacturer, f.Manufacturer)) &&
		(f.Model == "" || strings.EqualFold(t.Model, f.Model)) &&
		(f.Type == "" || f.Type == t.Type) &&
		(f.LockedAt.IsZero() || t.LockedUntil != nil && t.LockedUntil.After(f.LockedAt)) &&
		(!f.Nowhere || t.Location == nil) &&
		(!f.Marked || t.Leaked || t.WasStolen) &&
		(f.ExpiringBy.IsZero() || t.NotAfter != nil && t.NotAfter.Unix() <= f.ExpiringBy.Unix()) &&
		(f.Verifier == "" || slices.Contains(t.ExportedTo, f.Verifier)) &&
		strings.HasSuffix(t.Serial.Key(), f.Ending.Key()) &&
		strings.HasPrefix(t.Serial.Key(), f.Prefix.Key())
}
