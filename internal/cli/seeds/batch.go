package seeds

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
	"fob/internal/token"
)

func newBatchCmd(r *term.Run) *cobra.Command {
	return term.Parent("batch", newBatchListCmd(r), newBatchShowCmd(r),
		newBatchQuarantineCmd(r), newBatchReleaseCmd(r), newBatchWithdrawCmd(r), newBatchDestroyCmd(r), newBatchCorrectCmd(r))
}

func newBatchListCmd(r *term.Run) *cobra.Command {
	var virtual bool
	cmd := &cobra.Command{
		Use:  "list",
		Args: term.Exactly(),
		RunE: r.Start(func(ctx context.Context, _ []string) error {
			return r.WithReports(ctx, func(reader report.Reader) error {
				all, err := reader.Batches()
				if err != nil {
					return err
				}
				if !virtual {
					all = slices.DeleteFunc(all, func(b report.Batch) bool { return b.Format == token.VirtualFormat })
				}
				if r.JSON {
					return r.PrintJSON(all)
				}
				return printBatches(r, all)
			})
		}),
	}
	cmd.Flags().BoolVar(&virtual, "virtual", false, "also list virtual tokens")
	return cmd
}

func printBatches(r *term.Run, all []report.Batch) error {
	if len(all) == 0 {
		r.Remark("no batches yet; `fob import FILE` makes one")
	}
	t := r.NewTable("BATCH", "FILE", "FORMAT", "ORDER", "SUPPLIER", "RECORDS", "NEW", "UNCHANGED", "REFUSED", "IN STOCK", "BOUND", "IMPORTED", "BY", "NOW").
		Spares("UNCHANGED", "BY", "FORMAT", "NEW", "SUPPLIER", "REFUSED")
	for _, b := range all {
		if err := t.Add(b.Number, b.File, b.Format, b.Order, b.Supplier, b.Records, b.New, b.Unchanged, b.Refused,
			b.States[token.InStock], b.States[token.Bound], b.ImportedAt, b.ImportedBy, batchNow(b)); err != nil {
			return err
		}
	}
	return t.Flush()
}

// batchNow is what was done to a batch as a whole.
func batchNow(b report.Batch) string {
	switch {
	case b.WithdrawnAt != nil:
		return "withdrawn"
	case b.QuarantinedAt != nil:
		return "quarantined"
	}
	return ""
}

func newBatchShowCmd(r *term.Run) *cobra.Command {
	return &cobra.Command{
		Use:  "show N",
		Args: term.Exactly("the batch's number"),
		RunE: r.Start(func(ctx context.Context, args []string) error {
			n, err := batchNumber(args[0])
			if err != nil {
				return err
			}
			return r.WithReports(ctx, func(reader report.Reader) error {
				b, err := reader.Batch(n)
				if err != nil {
					return err
				}
				if r.JSON {
					return r.PrintJSON(b)
				}
				printBatch(r, b)
				return nil
			})
		}),
	}
}

func printBatch(r *term.Run, b report.Batch) {
	all := []any{
		"batch", b.Number, "id", b.ID, "file", b.File, "SHA-256", b.SHA256, "format", b.Format,
		"order", b.Order, "supplier", b.Supplier, "location", b.Location, "received", b.Received,
		"imported", b.ImportedAt, "by", b.ImportedBy, "ordered", b.Expected, "records", b.Records,
		"new", b.New, "unchanged", b.Unchanged, "refused", b.Refused,
		"missing", b.Missing, "quarantined at", b.QuarantinedAt, "withdrawn at", b.WithdrawnAt,
	}
	here := 0
	for _, s := range token.States() {
		if n := b.States[s]; n > 0 {
			all = append(all, string(s), n)
			here += n
		}
	}
	if here != b.New && b.WithdrawnAt == nil {
		all = append(all, "note", fmt.Sprintf("%d of the %s of this batch are here now; later imports replaced the rest (--replace)", here, term.Count(b.New, "token")))
	}
	r.Facts(all...)
}
