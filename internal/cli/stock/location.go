package stock

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
)

func newLocationCmd(r *term.Run) *cobra.Command {
	return term.Parent("location", &cobra.Command{
		Use:  "list",
		Args: term.AtMost(0),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			err := r.WithReports(ctx, func(reader report.Reader) error { return printPlaces(r, reader, report.Filter{}) })
			return cmp.Or(err, remarkClosed(ctx, r))
		}),
	}, newLocationRenameCmd(r), newLocationCloseCmd(r), newLocationOpenCmd(r))
}

// printPlaces counts the tokens that the filter selects.
func printPlaces(r *term.Run, reader report.Reader, f report.Filter) (err error) {
	places, err := report.ReadPlaces(reader, f)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		defer func() { err = cmp.Or(err, r.WarnUnknown(reader, f)) }()
	}
	if r.JSON {
		return r.PrintJSON(places)
	}
	headers := append([]string{"LOCATION", "TOKENS", "WITHIN"}, token.Texts(token.States())...)
	t := r.NewTable(headers...).Spares("retired", "lost", "suspended", "assigned")
	for _, p := range places {
		cells := []any{p.Location, p.Tokens, p.Within}
		for _, s := range token.States() {
			cells = append(cells, p.States[s])
		}
		if err := t.Add(cells...); err != nil {
			return err
		}
	}
	if len(places) == 0 {
		r.Remark("%s", term.NothingListed(f))
	}
	return t.Flush()
}
