package term

import (
	"context"
	"time"

	"fob/internal/fault"
	"fob/internal/report"
)

// parseAsOf reads a date, which means its end, or an instant. What is yet to come
// has no past: a day that is not over would be told differently in the evening.
func parseAsOf(flag, text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err == nil {
		at = report.EndOfDay(at)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return at, fault.Errorf(fault.Usage, "%s %q: write a date such as 2026-09-30, which means its end in UTC, or 2026-09-30T17:00:00Z", flag, Clean(text))
	}
	if day := now.UTC().Format(time.DateOnly); text == day {
		return at, fault.Errorf(fault.Usage, "%s %s: today is not over yet", flag, day).
			WithHint("a time of today can be given, such as %s; %s", now.UTC().Format(time.RFC3339), pastHint(flag))
	}
	if at.After(now) {
		return at, fault.Errorf(fault.Usage, "%s %s is yet to come; the latest day is %s", flag, Clean(text), now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)).
			WithHint("%s", pastHint(flag))
	}
	return at.UTC(), nil
}

func pastHint(flag string) string {
	if flag == "--as-of" {
		return "for the present leave --as-of out"
	}
	return "what is compared with has to be past"
}

// WithInventory opens the store for a command that reads, as it is or, where the
// filter says so, as it was.
func (r *Run) WithInventory(ctx context.Context, f report.Filter, fn func(report.Reader) error) error {
	return r.WithReports(ctx, func(reader report.Reader) error {
		if err := CheckBatch(reader, f.Batch); err != nil {
			return err
		}
		if f.AsOf.IsZero() {
			return fn(reader)
		}
		then, err := report.AsOf(reader, f.AsOf)
		if err != nil {
			return err
		}
		return fn(then)
	})
}
