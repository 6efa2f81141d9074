package term

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// FilterFlags are the flags that select tokens, the same for list and export.
type FilterFlags struct {
	state, account, location, manufacturer, model, kind, expiring, asOf string
	batch                                                               int
}

func (f *FilterFlags) Add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.state, "state", "", "only tokens in this state (in_stock, bound, …)")
	fl.StringVar(&f.account, "account", "", "only tokens of this account")
	fl.IntVar(&f.batch, "batch", 0, "only tokens of this batch")
	fl.StringVar(&f.location, "location", "", "only tokens at this location or below it")
	fl.StringVar(&f.manufacturer, "manufacturer", "", "only tokens of this manufacturer")
	fl.StringVar(&f.model, "model", "", "only tokens of this model")
	fl.StringVar(&f.kind, "type", "", "only tokens of this type: totp or hotp")
	fl.StringVar(&f.expiring, "expiring", "", "only tokens that expire within this time, such as 90d")
	fl.StringVar(&f.asOf, "as-of", "", "as things were at the end of this day in UTC (2026-09-30), or at this time (RFC 3339)")
}

func (f *FilterFlags) Filter(now time.Time) (report.Filter, error) {
	out := report.Filter{Batch: f.batch, Location: f.location, Manufacturer: f.manufacturer, Model: f.model}
	var err error
	if f.batch < 0 {
		return out, NoBatch(f.batch)
	}
	if f.state != "" {
		if out.State, err = token.ParseState(f.state); err != nil {
			return out, err
		}
	}
	if f.kind != "" {
		if out.Type, err = token.ParseType(f.kind); err != nil {
			return out, fault.Errorf(fault.Usage, "--type: %v", err)
		}
	}
	if f.account != "" {
		if out.Account, err = token.ParseAccount(f.account); err != nil {
			return out, err
		}
	}
	if f.asOf != "" {
		if out.AsOf, err = parseAsOf("--as-of", f.asOf, now); err != nil {
			return out, err
		}
		now = out.AsOf
	}
	if f.expiring != "" {
		within, err := ParseDays(f.expiring)
		if err != nil {
			return out, err
		}
		out.ExpiringBy = now.Add(within)
	}
	return out, nil
}

func NoBatch(n int) error {
	return fault.Errorf(fault.Usage, "--batch %d: batches are counted from 1", n)
}

// ParseDays reads "90d", or anything that Go calls a duration.
func ParseDays(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fault.Errorf(fault.Usage, "%q is no length of time; 90d and 12h are", s)
}

func NothingListed(f report.Filter) string {
	if f == (report.Filter{Limit: f.Limit, AsOf: f.AsOf}) {
		if !f.AsOf.IsZero() {
			return "there were no tokens as of " + report.AsOfWords(f.AsOf)
		}
		return "no tokens yet; `fob import FILE` loads some"
	}
	return "no " + f.String() // "tokens with state bound"
}

// CheckBatch refuses a batch that there is not: it must not look like one without
// anything to report.
func CheckBatch(reader report.Reader, n int) error {
	switch {
	case n < 0:
		return NoBatch(n)
	case n == 0:
		return nil
	}
	files, err := reader.BatchFiles() // without counting what became of their tokens
	if err != nil || slices.ContainsFunc(files, func(b report.Batch) bool { return b.Number == n }) {
		return err
	}
	_, err = reader.Batch(n)
	return err
}
