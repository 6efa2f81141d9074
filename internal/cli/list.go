package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// filterFlags are the flags that select tokens, the same for list and export.
type filterFlags struct {
	state, account, location, manufacturer, model, kind, expiring, asOf string
	batch                                                               int
}

func (f *filterFlags) add(cmd *cobra.Command) {
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

func (f *filterFlags) filter(now time.Time) (report.Filter, error) {
	out := report.Filter{Batch: f.batch, Location: f.location, Manufacturer: f.manufacturer, Model: f.model}
	var err error
	if f.batch < 0 {
		return out, noBatch(f.batch)
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
		within, err := parseDays(f.expiring)
		if err != nil {
			return out, err
		}
		out.ExpiringBy = now.Add(within)
	}
	return out, nil
}

func noBatch(n int) error {
	return fault.Errorf(fault.Usage, "--batch %d: batches are counted from 1", n)
}

// parseDays reads "90d", or anything that Go calls a duration.
func parseDays(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fault.Errorf(fault.Usage, "%q is no length of time; 90d and 12h are", s)
}

func newListCmd(r *root) *cobra.Command {
	var flags filterFlags
	var limit int
	var after string
	var byPlace bool
	cmd := &cobra.Command{
		Use:   "list [SERIAL-PREFIX]",
		Short: "List tokens",
		Long: `List tokens in the order of their serials (those of one batch in the order of its
file), all or those that the flags select. With --limit, standard error names the
--after of the next page; under --json it is the last object's serial. A pipe gets
tab-separated rows: serial, state, account, batch, type, digits, period, drift in
seconds, location, since when it is in this state, and whether it is hardware or
software (an authenticator app, see ` + "`fob virtual`" + `). --as-of lists what the trail
says was there then. --by-location counts what is selected instead, by place and
state, as ` + "`fob location list`" + ` does with all tokens.`,
		Example: `  fob list --state in_stock --limit 20
  fob list 26004123
  fob list --account anna@example.com --json
  fob list --location Berlin --by-location`,
		Args: atMost(1),
		RunE: r.run(func(ctx context.Context, args []string) error {
			f, err := flags.filter(r.now())
			if err != nil {
				return err
			}
			if limit < 0 {
				return fault.Errorf(fault.Usage, "--limit %d: a limit is 1 or more, 0 for none", limit)
			}
			if len(args) == 1 {
				f.Prefix = token.Serial(args[0])
			}
			if byPlace {
				if limit != 0 || after != "" {
					return fault.Errorf(fault.Usage, "--by-location counts all that is selected: --limit and --after do not go with it")
				}
				return r.withInventory(ctx, f, func(reader report.Reader) error { return r.printPlaces(reader, f) })
			}
			f.Limit, f.After = limit, token.Serial(after)
			return r.withInventory(ctx, f, func(reader report.Reader) error { return r.printList(reader, f) })
		}),
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most this many tokens; 0: all")
	cmd.Flags().BoolVar(&byPlace, "by-location", false, "count the tokens by place and state, in the place of listing them")
	cmd.Flags().StringVar(&after, "after", "", "begin behind this token: the next page")
	return cmd
}

func (r *root) printList(reader report.Reader, f report.Filter) error {
	page := newPage(reader, f)
	if r.json {
		if err := report.WriteTokensJSON(visible(r.streams.Out), page.tokens); err != nil || page.n > 0 {
			return err
		}
		return r.warnUnknown(reader, f)
	}
	t := r.newTable("SERIAL", "STATE", "ACCOUNT", "BATCH", "TYPE", "DIGITS", "PERIOD", "DRIFT S", "LOCATION", "SINCE", "DEVICE").
		spares("DRIFT S", "PERIOD", "DIGITS", "TYPE", "BATCH")
	for tok, err := range page.tokens {
		if err != nil {
			return err
		}
		if err := t.add(string(tok.Serial), string(tok.State), tok.Account, tok.Batch, string(tok.Type), tok.Digits,
			tok.Period, tok.DriftSeconds, tok.Location, tok.StateSince, deviceOf(tok)); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	switch {
	case page.n == 0:
		r.remark("%s", nothingListed(f))
		return r.warnUnknown(reader, f)
	case page.more:
		r.remark("there are more: --after %s", page.last)
	}
	return nil
}

// deviceOf tells a device from an app.
func deviceOf(t report.Token) string {
	if t.Software {
		return "software"
	}
	return "hardware"
}

// page is a listing of at most so many tokens, which looks one further: whether
// another page follows cannot be told from a full one.
type page struct {
	reader report.Reader
	filter report.Filter

	n    int
	last token.Serial
	more bool
}

func newPage(reader report.Reader, f report.Filter) *page { return &page{reader: reader, filter: f} }

func (p *page) tokens(yield func(report.Token, error) bool) {
	ahead := p.filter
	if ahead.Limit > 0 {
		ahead.Limit++
	}
	for t, err := range p.reader.Tokens(ahead) {
		if err == nil && p.filter.Limit > 0 && p.n == p.filter.Limit {
			p.more = true
			return
		}
		if !yield(t, err) || err != nil {
			return
		}
		p.n, p.last = p.n+1, t.Serial
	}
}

func nothingListed(f report.Filter) string {
	if f == (report.Filter{Limit: f.Limit, AsOf: f.AsOf}) {
		if !f.AsOf.IsZero() {
			return "there were no tokens as of " + report.AsOfWords(f.AsOf)
		}
		return "no tokens yet; `fob import FILE` loads some"
	}
	return "no " + f.String() // "tokens with state bound"
}
