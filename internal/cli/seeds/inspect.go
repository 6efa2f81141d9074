package seeds

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
)

func newInspectCmd(r *term.Run) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:  "inspect FILE",
		Args: term.Exactly("the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error { return inspect(ctx, r, &o, args[0]) }),
	}
	o.addReading(cmd)
	return cmd
}

func inspect(ctx context.Context, r *term.Run, o *importOptions, path string) error {
	deliveries, err := r.Config().Deliveries(o.keys.Keys)
	if err != nil {
		return err
	}
	defer deliveries.Close()
	var results []intake.Inspected
	refused, err := eachMember(ctx, r, deliveries, path, func(m app.Member) error {
		res, err := inspectFile(ctx, r, o, m)
		if res.File == "" && r.JSON && fault.KindOf(err) == fault.Refused {
			res = uninspected(m.Source.Name(), err)
		}
		if res.File != "" {
			results = append(results, res)
		}
		return err
	})
	if kind := fault.KindOf(err); err != nil && r.JSON && len(results) == 0 && (kind == fault.Refused || kind == fault.KeyTrouble) {
		results = append(results, uninspected(filepath.Base(path), err))
	}
	if printed := printAllInspected(r, results); err == nil {
		err = printed
	}
	return allRefused(err, refused)
}

// uninspected is the result for a file that could not be read as a seed file:
// a script gets an object for it as well.
func uninspected(name string, why error) intake.Inspected {
	res := intake.NotInspected(name)
	res.Warnings = term.Worded([]fault.Text{fault.Textf("%v", why)})
	return res
}

// inspectFile looks at one file of a delivery. The result has no name when it
// could not be read as a seed file.
func inspectFile(ctx context.Context, r *term.Run, o *importOptions, m app.Member) (intake.Inspected, error) {
	req, why, err := o.request(m)
	if err != nil {
		return intake.Inspected{}, err
	}
	res, err := intake.Inspect(ctx, req, why, r.Now())
	if err != nil && res.Records == 0 {
		return intake.Inspected{}, err
	}
	res.Wrapped = append(slices.Clone(m.Wrapped), res.Wrapped...)
	res.Warnings, res.Inferred, res.Needs = term.Worded(slices.Concat(m.Notes, res.Warnings)), term.Worded(res.Inferred), term.Worded(res.Needs)
	for i := range res.Rejects {
		res.Rejects[i].Reason = term.Worded([]fault.Text{res.Rejects[i].Reason})[0]
	}
	if res.Refused > 0 && err == nil {
		err = fault.Errorf(fault.Refused, "%d of %d records of %s would be refused", res.Refused, res.Records, res.File).
			WithHint("fix the file or have it made again; `fob import --partial` would store the valid records")
	}
	return res, err
}

// printAllInspected prints one file as an object, several as an array.
func printAllInspected(r *term.Run, results []intake.Inspected) error {
	switch {
	case r.JSON && len(results) == 1:
		return r.PrintJSON(results[0])
	case r.JSON && len(results) > 1:
		return r.PrintJSON(results)
	case !r.JSON:
		for i, res := range results {
			if i > 0 {
				r.Say("")
			}
			printInspected(r, res)
		}
	}
	return nil
}

func printInspected(r *term.Run, res intake.Inspected) {
	var encodings, needs []string
	for _, e := range res.Encodings {
		encodings = append(encodings, string(e))
	}
	for _, n := range res.Needs {
		needs = append(needs, n.String())
	}
	r.Facts(
		"file", res.File, "SHA-256", res.SHA256, "out of", strings.Join(res.Wrapped, ", "), "format", res.Format, "why", res.Why,
		"records", res.Records, "refused", res.Refused, "seeds in", strings.Join(encodings, ", "),
		"needs", strings.Join(needs, " "),
	)
	for _, s := range res.First {
		r.Say("  %s", describeShown(s))
	}
	printRemarks(r, res.Inferred, res.Warnings, res.Rejects)
}
