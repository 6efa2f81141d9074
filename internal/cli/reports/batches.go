package reports

import (
	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/report"
)

func newReportBatchesCmd(r *term.Run) *cobra.Command {
	var f report.ReconcileFilter
	var o answerOptions
	cmd := &cobra.Command{
		Use:   "batches",
		Short: "Reconcile deliveries with their orders and with what is there",
		Long: `Reconcile every batch with its order and with what is there:

  ordered  = imported + unchanged + refused + missing
  imported = the sum over the states + exchanged + withdrawn + unaccounted

Unchanged tokens stand in the file and were here before it. Exchanged ones were
replaced since by a later import with --replace, withdrawn ones are gone with
their batch. Each difference is told in words as well. What is unaccounted for,
nothing explains: ` + "`fob audit verify`" + ` tells more.

Ordered is what --expect said at the import, which refuses a file with another
number of records; whether as many tokens lie in the box, only counting them
tells. A file that was refused as a whole is no batch.

A pipe gets tab-separated rows: batch, file, order, supplier, imported at,
imported by, ordered, imported, unchanged, refused, missing, the seven states,
exchanged, withdrawn, unaccounted, differences.`,
		Example: "  fob report batches\n  fob report batches --different\n  fob report batches --batch 3 --json",
		Args:    term.Exactly(),
		RunE: asked(r, &o, func(reader report.Reader) (report.Answer[report.Reconciliation], error) {
			return report.Reconcile(reader, f), term.CheckBatch(reader, f.Batch)
		}),
	}
	cmd.Flags().IntVar(&f.Batch, "batch", 0, "only this batch")
	cmd.Flags().BoolVar(&f.Different, "different", false, "only batches where something differs")
	o.add(cmd)
	return cmd
}
