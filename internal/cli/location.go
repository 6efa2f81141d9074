package cli

import (
	"context"

	"github.com/spf13/cobra"

	"fob/internal/report"
	"fob/internal/token"
)

func newLocationCmd(r *root) *cobra.Command {
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
		Args:    atMost(0),
		RunE: r.run(func(ctx context.Context, _ []string) error {
			return r.withReports(ctx, func(reader report.Reader) error { return r.printPlaces(reader, report.Filter{}) })
		}),
	})
	return cmd
}

// printPlaces counts the tokens that the filter selects.
func (r *root) printPlaces(reader report.Reader, f report.Filter) (err error) {
	places, err := report.ReadPlaces(reader, f)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		defer func() { err = firstError(err, r.warnUnknown(reader, f)) }()
	}
	if r.json {
		return r.printJSON(places)
	}
	headers := []string{"LOCATION", "TOKENS", "WITHIN"}
	for _, s := range token.States() {
		headers = append(headers, string(s))
	}
	t := r.newTable(headers...).spares("retired", "lost", "suspended", "assigned")
	for _, p := range places {
		cells := []any{p.Location, p.Tokens, p.Within}
		for _, s := range token.States() {
			cells = append(cells, p.States[s])
		}
		if err := t.add(cells...); err != nil {
			return err
		}
	}
	if len(places) == 0 {
		r.remark("%s", nothingListed(f))
	}
	return t.flush()
}
