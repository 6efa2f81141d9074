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

// The layouts of a day alone, and of a moment. Points stand between day, month and
// year in one order only; strokes do in two.
var (
	dayLayouts    = []string{time.DateOnly, "2006/1/2", "2006.1.2", "2.1.2006", "2-Jan-2006", "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "20060102"}
	momentLayouts = []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2.1.2006 15:04:05", "2.1.2006 15:04"}
)

// parseDay reads a date as tables have it. bare: it is a day without a time.
func parseDay(text string) (at time.Time, bare bool, why string) {
	for _, layout := range momentLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return inReach(at, false)
		}
	}
	for _, layout := range dayLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return inReach(at, true)
		}
	}
	first, err1 := time.Parse("2/1/2006", text)
	second, err2 := time.Parse("1/2/2006", text)
	switch {
	case err1 == nil && err2 == nil && !first.Equal(second):
		return at, false, "may be two days; write it as year-month-day, in a copy"
	case err1 == nil:
		return inReach(first, true)
	case err2 == nil:
		return inReach(second, true)
	}
	return at, false, "is none that fob can read; write it as year-month-day, in a copy"
}

func inReach(at time.Time, bare bool) (time.Time, bool, string) {
	if y := at.Year(); y < 1990 || y > 9999 {
		return at, bare, "is of a year in which there were no such tokens"
	}
	return at.UTC(), bare, ""
}
