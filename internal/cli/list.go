package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/report"
	"fob/internal/token"
)

// filterFlags are the flags that select tokens, the same for list and export.
type filterFlags struct {
	state, account, location, manufacturer, expiring string
	batch                                            int
}

func (f *filterFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.state, "state", "", "only tokens in this state (in_stock, bound, …)")
	fl.StringVar(&f.account, "account", "", "only tokens of this account")
	fl.IntVar(&f.batch, "batch", 0, "only tokens of this batch")
	fl.StringVar(&f.location, "location", "", "only tokens at this location")
	fl.StringVar(&f.manufacturer, "manufacturer", "", "only tokens of this manufacturer")
	fl.StringVar(&f.expiring, "expiring", "", "only tokens that expire within this time, such as 90d")
}

func (f *filterFlags) filter(now time.Time) (report.Filter, error) {
	out := report.Filter{Batch: f.batch, Location: f.location, Manufacturer: f.manufacturer}
	var err error
	if f.batch < 0 {
		return out, noBatch(f.batch)
	}
	if f.state != "" {
		if out.State, err = token.ParseState(f.state); err != nil {
			return out, err
		}
	}
	if f.account != "" {
		if out.Account, err = token.ParseAccount(f.account); err != nil {
			return out, err
		}
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
	return token.Errorf(token.Usage, "--batch %d: batches are counted from 1", n)
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
	return 0, token.Errorf(token.Usage, "%q is no length of time; 90d and 12h are", s)
}

func newListCmd(r *root) *cobra.Command {
	var flags filterFlags
	var limit int
	var after string
	cmd := &cobra.Command{
		Use:   "list [SERIAL-PREFIX]",
		Short: "List tokens",
		Long: `List tokens in the order of their serials, all or those that the flags select.
A pipe gets tab-separated rows: serial, state, account, batch, type, digits,
period, drift in seconds, location, since when it is in this state.`,
		Example: `  fob list --state in_stock --limit 20
  fob list 26004123
  fob list --account anna@example.com --json`,
		Args: atMost(1),
		RunE: r.run(func(ctx context.Context, args []string) error {
			f, err := flags.filter(r.now())
			if err != nil {
				return err
			}
			if limit < 0 {
				return token.Errorf(token.Usage, "--limit %d: a limit is 1 or more, 0 for none", limit)
			}
			f.Limit, f.After = limit, token.Serial(after)
			if len(args) == 1 {
				f.Prefix = token.Serial(args[0])
			}
			return r.withReports(ctx, func(reader report.Reader) error { return r.printList(reader, f) })
		}),
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most this many tokens; 0: all")
	cmd.Flags().StringVar(&after, "after", "", "begin behind this serial: the next page")
	return cmd
}

func (r *root) printList(reader report.Reader, f report.Filter) error {
	if r.json {
		return report.WriteTokensJSON(visible(r.streams.Out), reader.Tokens(f))
	}
	t := r.newTable("SERIAL", "STATE", "ACCOUNT", "BATCH", "TYPE", "DIGITS", "PERIOD", "DRIFT S", "LOCATION", "SINCE").
		spares("DRIFT S", "PERIOD", "DIGITS", "TYPE", "BATCH")
	n := 0
	for tok, err := range reader.Tokens(f) {
		if err != nil {
			return err
		}
		if err := t.add(string(tok.Serial), string(tok.State), tok.Account, tok.Batch, string(tok.Type), tok.Digits,
			tok.Period, tok.DriftSeconds, tok.Location, tok.StateSince); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		r.remark("%s", nothingListed(f))
	}
	return t.flush()
}

func nothingListed(f report.Filter) string {
	if f == (report.Filter{Limit: f.Limit}) {
		return "no tokens yet; `fob import FILE` loads some"
	}
	return "no " + f.String() // "tokens with state bound"
}
