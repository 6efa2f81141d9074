package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

func newListCmd(r *term.Run) *cobra.Command {
	var flags term.FilterFlags
	var limit int
	var after string
	var byPlace bool
	cmd := &cobra.Command{
		Use:  "list [SERIAL-PREFIX]",
		Args: term.AtMost(1),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			f, err := flags.Filter(r.Now())
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
				return r.WithInventory(ctx, f, func(reader report.Reader) error { return printPlaces(r, reader, f) })
			}
			f.Limit, f.After = limit, token.Serial(after)
			return r.WithInventory(ctx, f, func(reader report.Reader) error { return printList(r, reader, f) })
		}),
	}
	flags.Add(cmd)
	flags.AllowNowhere()
	cmd.Flags().IntVarP(&limit, "limit", "n", 0, "at most `N` tokens (default: all)")
	cmd.Flags().BoolVar(&byPlace, "by-location", false, "count the tokens by place and state instead")
	cmd.Flags().StringVar(&after, "after", "", "begin after the token `SERIAL`: the next page")
	return cmd
}

func printList(r *term.Run, reader report.Reader, f report.Filter) error {
	page := newPage(reader, f)
	if r.JSON {
		if err := sheet.WriteJSON(term.Visible(r.Streams.Out), page.tokens); err != nil || page.n > 0 {
			return err
		}
		return r.WarnUnknown(reader, f)
	}
	t := r.NewTable("SERIAL", "STATE", "ACCOUNT", "BATCH", "TYPE", "DIGITS", "PERIOD", "DRIFT S", "LOCATION", "SINCE", "DEVICE").
		Spares("DRIFT S", "PERIOD", "DIGITS", "TYPE", "BATCH")
	for tok, err := range page.tokens {
		if err != nil {
			return err
		}
		if err := t.Add(string(tok.Serial), string(tok.State), tok.Account, tok.Batch, string(tok.Type), tok.Digits,
			tok.Period, tok.DriftSeconds, tok.Location, tok.StateSince, deviceOf(tok)); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	switch {
	case page.n == 0:
		r.Remark("%s", term.NothingListed(f))
		return r.WarnUnknown(reader, f)
	case page.more:
		r.Remark("there are more: --after %s", page.last)
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
