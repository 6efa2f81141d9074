package audit

import (
	"encoding/hex"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/report/export"
	"fob/internal/trail"
)

func signer(sign app.SignExport) term.SignExport {
	return func(e export.Export, t export.Totals, fileSum []byte) ([]byte, error) {
		return sign(trail.ExportNote{
			Made: e.Made, Rows: t.Rows, RowsSHA256: t.SHA256, FileSHA256: hex.EncodeToString(fileSum), Head: t.Head, Selected: e.Selected(),
		})
	}
}
