package audit

import (
	"context"
	"encoding/hex"

	"fob/internal/cli/term"
	"fob/internal/report/export"
	"fob/internal/trail"
)

func signer(ctx context.Context, r *term.Run) term.SignExport {
	return func(e export.Export, t export.Totals, fileSum []byte) ([]byte, error) {
		return r.Config().SignExport(ctx, trail.ExportNote{
			Made: e.Made, Rows: t.Rows, RowsSHA256: t.SHA256, FileSHA256: hex.EncodeToString(fileSum), Head: t.Head, Selected: e.Selected(),
		})
	}
}
