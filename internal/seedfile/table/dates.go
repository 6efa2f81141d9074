package table

import (
	"bytes"
	"strings"
	"time"

	"fob/internal/rows"
	"fob/internal/seedfile"
)

// IsDate reports whether a column holds dates.
func IsDate(c Column) bool { return c == Start || c == Expiry || c == Made }

// ReadDates reads from when to when a token is valid, and when it was made. A day is
// one of UTC, and a token is good to the end of its last.
func (f *File) ReadDates(rec *seedfile.Record, row rows.Row) {
	for _, d := range []struct {
		column Column
		to     *time.Time
	}{{Start, &rec.NotBefore}, {Expiry, &rec.NotAfter}, {Made, &rec.Manufactured}} {
		if !f.Columns.Has(d.column) {
			continue
		}
		day, bare := row.Day(f.Columns.At(d.column) - 1)
		if !bare {
			text := f.Columns.Field(row.Fields, d.column)
			if len(text) == 0 || isNever(text) {
				continue
			}
			var why string
			if day, bare, why = parseDay(string(text)); why != "" {
				rec.Fail("the date in column %d (%s) %s", f.Columns.At(d.column), d.column, why)
				return
			}
		}
		if d.column == Expiry && day.Year() >= 2200 {
			continue // 31.12.9999 is how databases write that there is none
		}
		if d.column == Expiry && bare {
			day = day.Add(24*time.Hour - time.Second)
		}
		*d.to = day
	}
	if !rec.NotAfter.IsZero() && rec.NotAfter.Before(rec.NotBefore) {
		rec.Fail("the token is valid to %s and from %s: never", rec.NotAfter.Format(time.DateOnly), rec.NotBefore.Format(time.DateOnly))
	}
}

// isNever are words for a token that does not expire.
func isNever(text []byte) bool {
	switch strings.ToLower(string(bytes.TrimSpace(text))) {
	case "never", "none", "nie", "jamais", "nunca", "mai", "n/a", "-", "unlimited", "unbegrenzt", "illimité":
		return true
	}
	return false
}

// parseDay reads a date as tables have it. bare: it is a day without a time.
func parseDay(text string) (at time.Time, bare bool, why string) {
	at, other, bare := rows.ParseDay(text)
	switch {
	case at.IsZero():
		return at, false, "is none that fob can read; write it as year-month-day, in a copy"
	case !other.Equal(at):
		return at, false, "may be two days; write it as year-month-day, in a copy"
	case at.Year() < 1990 || at.Year() > 9999:
		return at, bare, "is of a year in which there were no such tokens"
	}
	return at, bare, ""
}
