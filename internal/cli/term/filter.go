package term

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/past"
	"fob/internal/token"
)

// FilterFlags are the flags that select tokens, the same for list and export.
type FilterFlags struct {
	state, account, location, manufacturer, model, kind, expiring, asOf, verifier, ending string

	batch int
	where *pflag.Flag // --location, which may be empty
}

func (f *FilterFlags) Add(cmd *cobra.Command) {
	f.AddPresent(cmd)
	cmd.Flags().StringVar(&f.verifier, "verifier", "", "only tokens whose seed went to the verifier `NAME`")
	cmd.Flags().StringVar(&f.ending, "ending", "", "only tokens whose serial ends with this `TEXT`")
	cmd.Flags().StringVar(&f.asOf, "as-of", "", "as it was at the end of this `DAY` in UTC, or at this time")
}

// AllowNowhere has an empty --location select the tokens without a place. Where a file
// is made of the selection it stays refused: a variable of a shell that is not set
// would select others than were meant.
func (f *FilterFlags) AllowNowhere() {
	f.where.Usage += "; '': those without one"
	f.where.Annotations = map[string][]string{emptyAllowed: {"yes"}}
}

// Given reports whether any flag selects.
func (f *FilterFlags) Given() bool {
	said := *f
	said.where = nil
	return said != (FilterFlags{}) || f.where.Changed
}

// AddPresent adds those that select by how things are now.
func (f *FilterFlags) AddPresent(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVarP(&f.state, "state", "s", "", "only tokens in this `STATE`: in_stock, bound, …")
	fl.StringVarP(&f.account, "account", "a", "", "only tokens of this `ACCOUNT`")
	fl.IntVarP(&f.batch, "batch", "b", 0, "only tokens of batch `N`")
	fl.StringVarP(&f.location, "location", "l", "", "only tokens at `PLACE` or within it")
	f.where = fl.Lookup("location")
	fl.StringVar(&f.manufacturer, "manufacturer", "", "only tokens of the manufacturer `NAME`")
	fl.StringVar(&f.model, "model", "", "only tokens of the model `NAME`")
	fl.StringVar(&f.kind, "type", "", "only tokens of this `TYPE`: totp or hotp")
	fl.StringVar(&f.expiring, "expiring", "", "only tokens that expire within this `TIME`, as 90d")
}

func (f *FilterFlags) Filter(now time.Time) (report.Filter, error) {
	out := report.Filter{Batch: f.batch, Location: f.location, Manufacturer: f.manufacturer, Model: f.model}
	out.Verifier, out.Ending = strings.ToLower(strings.TrimSpace(f.verifier)), token.Serial(strings.TrimSpace(f.ending))
	out.Nowhere = f.where.Changed && f.location == ""
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

// parseAsOf reads a date, which means its end, or an instant. What is yet to come
// has no past: a day that is not over would be told differently in the evening.
func parseAsOf(flag, text string, now time.Time) (time.Time, error) {
	text = Day(text, now)
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
		then, err := past.AsOf(reader, f.AsOf)
		if err != nil {
			return err
		}
		return fn(then)
	})
}

// WarnUnknown tells of a listing without rows which word of its filter nobody knows:
// a typing error must not look like an account without a token. What is known
// and has nothing is an answer. Where something was listed all words are known, so that
// a large store is not asked for nothing.
func (r *Run) WarnUnknown(reader report.Reader, f report.Filter) error {
	if r.Quiet {
		return nil
	}
	if err := r.warnLocation(reader, f.Location); err != nil {
		return err
	}
	if err := r.warnAccount(reader, f.Account); err != nil {
		return err
	}
	if !f.AsOf.IsZero() {
		return nil // the whole past would be read again
	}
	if f.Verifier != "" {
		r.Remark("`fob verifier list` shows who got seeds")
	}
	if serial := f.Prefix; serial != "" && f == (report.Filter{Prefix: serial, Limit: f.Limit}) {
		r.Remark("if it is the end of a serial: `fob list --ending %s`", Pasted(string(serial)))
	}
	for _, w := range []struct {
		what, name string
		of         report.Filter
	}{
		{"model", f.Model, report.Filter{Model: f.Model, Limit: 1}},
		{"manufacturer", f.Manufacturer, report.Filter{Manufacturer: f.Manufacturer, Limit: 1}},
	} {
		if w.name == "" {
			continue
		}
		some, err := anyOf(reader.Tokens(w.of))
		if err != nil {
			return err
		}
		if !some {
			r.Remark("no token has the %s %q", w.what, w.name)
		}
	}
	return nil
}

func (r *Run) warnLocation(reader report.Reader, name string) error {
	if name == "" {
		return nil
	}
	names, err := reader.Locations()
	if err != nil {
		return err
	}
	known := token.KnownLocations(names)
	if _, ok := known.Find(name); ok {
		return nil
	}
	hint := "`fob location list` shows the places"
	if near := known.Near(name, token.ShownLocations); len(near) > 0 {
		hint = "near it: " + strings.Join(near, ", ")
	}
	r.Remark("there is no location %s; %s", name, hint)
	return nil
}

func (r *Run) warnAccount(reader report.Reader, a token.Account) error {
	if a == "" {
		return nil
	}
	found, err := reader.Account(a)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		r.Remark("%v; %s", err, fault.AdviceOf(err).In(Wording{}))
		return nil
	case err != nil:
		return err
	}
	if now := token.Account(found.Account.Account); now.Key() != a.Key() {
		r.Remark("%s is called %s now", a, now)
	}
	return nil
}

func anyOf[T any](rows iter.Seq2[T, error]) (bool, error) {
	for _, err := range rows {
		return err == nil, err
	}
	return false, nil
}
