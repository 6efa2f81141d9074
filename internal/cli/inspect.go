package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/inventory"
	"fob/internal/token"
)

func newInspectCmd(r *root) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Tell what a seed file is and what an import would need",
		Long: `Read a seed file as an import would, and tell its format and why, how many
records it has, what is wrong with them, and which flags an import would need.
No store is opened and no seed is shown.`,
		Example: "  fob inspect delivery.csv\n  gpg -d delivery.gpg | fob inspect -",
		Args:    exactly("the file"),
		RunE:    r.run(func(ctx context.Context, args []string) error { return r.inspect(ctx, &o, args[0]) }),
	}
	o.addReading(cmd)
	return cmd
}

func (r *root) inspect(ctx context.Context, o *importOptions, path string) error {
	src, done, err := r.source(path)
	if err != nil {
		return err
	}
	defer done()
	req, why, err := o.request(src)
	if err != nil {
		return err
	}
	res, err := inventory.Inspect(ctx, req, why)
	if err != nil {
		return err
	}
	if r.json {
		err = r.printJSON(res)
	} else {
		r.printInspected(res)
	}
	if err == nil && res.Refused > 0 {
		err = token.Errorf(token.Refused, "%d of %d records of %s would be refused", res.Refused, res.Records, res.File)
	}
	return err
}

func (r *root) printInspected(res inventory.Inspected) {
	var encodings []string
	for _, e := range res.Encodings {
		encodings = append(encodings, string(e))
	}
	r.facts([]fact{
		{"file", res.File}, {"SHA-256", res.SHA256}, {"format", res.Format}, {"why", res.Why},
		{"records", res.Records}, {"refused", res.Refused}, {"seeds in", strings.Join(encodings, ", ")},
		{"needs", strings.Join(res.Needs, " ")},
	})
	r.printRemarks(res.Inferred, res.Warnings, res.Rejects)
}
