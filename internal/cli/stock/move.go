package stock

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/stocktake"
	"fob/internal/token"
)

// moveOptions are where tokens go.
type moveOptions struct {
	to, from string
	batch    int
	isNew    bool
	words    term.SaidFlags
}

func newMoveCmd(r *term.Run) *cobra.Command {
	var o moveOptions
	cmd := &cobra.Command{
		Use: "move SERIAL... --to LOCATION | move --from FILE --to LOCATION | move --batch N --to LOCATION",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("from") && cmd.Flags().Changed("batch") {
				return fault.Errorf(fault.Usage, "--from and --batch do not go together")
			}
			if cmd.Flags().Changed("from") || cmd.Flags().Changed("batch") {
				return term.AtMost(0)(cmd, args)
			}
			return term.AtLeastOne("the serial")(cmd, args)
		},
		RunE: r.Start(func(ctx context.Context, args []string) error { return moveTo(ctx, r, &o, args) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "`PLACE` where the tokens are now (required)")
	f.StringVarP(&o.from, "from", "f", "", "read the serials from this `FILE`, - for standard input")
	f.IntVarP(&o.batch, "batch", "b", 0, "all tokens of batch `N` that are in stock or quarantined")
	f.BoolVar(&o.isNew, "new-location", false, "accept a place that is not known yet")
	o.words.AddOfTokens(cmd)
	term.AddYes(cmd)
	return cmd
}

func moveTo(ctx context.Context, r *term.Run, o *moveOptions, args []string) error {
	req := desk.Relocation{New: o.isNew}
	var err error
	if o.to == "" {
		return fault.Errorf(fault.Usage, "--to is missing").WithHint("such as --to \"Berlin/Safe 2\"")
	}
	if req.To, err = token.ParseLocation(o.to); err != nil {
		return err
	}
	if req.Words, err = o.words.Words(r); err != nil {
		return err
	}
	if req.Serials, err = term.SerialsOf(args); err != nil {
		return err
	}
	return r.WithDesk(ctx, func(d *desk.Desk) error {
		if o.from != "" {
			if req.Serials, err = scannedSerials(ctx, r, o.from); err != nil {
				return err
			}
		}
		if o.batch != 0 {
			if req.Serials, err = ofBatch(ctx, r, o.batch); err != nil {
				return err
			}
		}
		bar := r.NewProgress("moving")
		req.Progress = bar.Counted
		res, err := d.Relocate(ctx, req)
		bar.Done()
		if err != nil {
			return err
		}
		return printRelocated(r, res)
	})
}

// ofBatch are the tokens of a batch that lie somewhere: others are with people, lost or
// retired.
func ofBatch(ctx context.Context, r *term.Run, batch int) (serials []token.Serial, err error) {
	err = r.WithReports(ctx, func(reader report.Reader) error {
		if err := term.CheckBatch(reader, batch); err != nil {
			return err
		}
		for t, err := range reader.Tokens(report.Filter{Batch: batch}) {
			if err != nil {
				return err
			}
			if t.State == token.InStock || t.State == token.Quarantined {
				serials = append(serials, t.Serial)
			}
		}
		return nil
	})
	if err == nil && len(serials) == 0 {
		err = fault.Errorf(fault.NotAllowed, "no token of batch %d is in stock or quarantined: nothing was moved", batch)
	}
	return serials, err
}

func printRelocated(r *term.Run, res desk.Relocated) error {
	if r.JSON {
		return r.PrintJSON(res)
	}
	switch {
	case len(res.Moved) == 1:
		r.Say("Token %s is in %s now.", res.Moved[0], res.Location)
	case len(res.Moved) > 1:
		r.Say("%d tokens are in %s now.", len(res.Moved), res.Location)
	}
	if n := len(res.Held); n > 0 {
		const named = 5
		more := ""
		if n > named {
			more = fmt.Sprintf(" and %d more", n-named)
		}
		r.Remark("With people: %s%s. The place of such a token says where it was sent from.", token.Join(res.Held[:min(n, named)], ", "), more)
	}
	if n := len(res.There); n > 0 {
		r.Say("%s already in %s: nothing was changed.", term.Count(n, "token"), res.Location)
	}
	return nil
}

// scannedSerials reads a file of labels, all of which must be tokens.
func scannedSerials(ctx context.Context, r *term.Run, path string) (serials []token.Serial, err error) {
	scans, err := readScans(r, path)
	if err != nil {
		return nil, err
	}
	err = r.WithReports(ctx, func(reader report.Reader) error {
		answers, err := stocktake.NewCount("", term.Wording{}).Add(reader, scans.All)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.Serial == "" {
				return fault.Errorf(fault.NotFound, "%s, line %d: there is no token %s; nothing was moved", path, a.Line, a.Scanned).WithHint("%s", a.Todo())
			}
			if a.Finding != stocktake.Again {
				serials = append(serials, a.Serial)
			}
		}
		return nil
	})
	return serials, err
}

// readScans reads what a barcode reader wrote.
func readScans(r *term.Run, path string) (stocktake.Scans, error) {
	var in io.Reader = r.Streams.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return stocktake.Scans{}, fault.Wrap(fault.Refused, term.Cause(err), "%s cannot be read", path)
		}
		defer file.Close()
		in = file
	}
	scans, err := stocktake.ReadScans(in)
	if err != nil {
		return scans, term.FileError(path, err)
	}
	for _, n := range scans.Notes {
		r.Remark("%s: %s", path, n)
	}
	return scans, nil
}
