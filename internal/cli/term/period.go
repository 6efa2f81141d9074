package term

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
)

// AddPeriod adds the flags of a period to a command that shows what happened in it.
func AddPeriod(cmd *cobra.Command, since, until *string, what string) {
	f := cmd.Flags()
	f.StringVar(since, "since", *since, what+" since this `DAY` or time, or this long ago: today, 30d")
	f.StringVar(until, "until", "", what+" until the end of this `DAY`, or until this time")
}

// ParsePeriod reads its two ends; an empty one is open.
func ParsePeriod(since, until string, now time.Time) (p report.Period, err error) {
	if p.Since, _, err = parseMoment("--since", since, now); err != nil {
		return p, err
	}
	end, whole, err := parseMoment("--until", until, now)
	if p.Until = end; whole {
		p.Until = end.AddDate(0, 0, 1)
	}
	if err == nil && !p.Until.IsZero() && !p.Since.Before(p.Until) {
		err = fault.Errorf(fault.Usage, "--since %s comes after --until %s", since, until)
	}
	return p, err
}

// Day puts the date for the words today and yesterday, in UTC; other texts stay.
func Day(text string, now time.Time) string {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "today":
		return now.UTC().Format(time.DateOnly)
	case "yesterday":
		return now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return text
}

// parseMoment reads a day in UTC, a time, or how long ago; empty is the zero time.
// Whole says that it was a day.
func parseMoment(flag, text string, now time.Time) (at time.Time, whole bool, err error) {
	if text == "" {
		return at, false, nil
	}
	if at, err = time.Parse(time.DateOnly, Day(text, now)); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at, false, nil
	}
	ago, err := ParseDays(text)
	if err != nil {
		return at, false, fault.Errorf(fault.Usage, "%s %q is no day, time or length of time; 2026-07-01, 2026-07-01T12:00:00Z, today, yesterday and 30d are", flag, Clean(text))
	}
	return now.Add(-ago), false, nil
}
