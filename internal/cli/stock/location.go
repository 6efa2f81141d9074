package stock

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
)

func newLocationCmd(r *term.Run) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "location",
		Short: "Places that tokens lie in",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List places with the number of their tokens, by state",
		Long: `List the places that have tokens, and those that they lie in. A location is a path
of names, from the whole to the part: Berlin/Safe 2 is a place in Berlin. TOKENS and
the states count what is at the place itself, so that they add up to all tokens of
the store; WITHIN counts what lies below it as well. The last row, without a name,
counts the tokens whose place was never recorded.`,
		Example: "  fob location list\n  fob location list --json",
		Args:    term.AtMost(0),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			return r.WithReports(ctx, func(reader report.Reader) error { return printPlaces(r, reader, report.Filter{}) })
		}),
	})
	return cmd
}

// printPlaces counts the tokens that the filter selects.
func printPlaces(r *term.Run, reader report.Reader, f report.Filter) (err error) {
	places, err := report.ReadPlaces(reader, f)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		defer func() { err = term.FirstError(err, r.WarnUnknown(reader, f)) }()
	}
	if r.JSON {
		return r.PrintJSON(places)
	}
	headers := []string{"LOCATION", "TOKENS", "WITHIN"}
	for _, s := range token.States() {
		headers = append(headers, string(s))
	}
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
