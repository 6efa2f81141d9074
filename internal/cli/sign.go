package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/trail"
)

// sidecarEnding makes the name of an export's signature.
const sidecarEnding = ".sig"

// signExport signs what an export came to; fileSum is the SHA-256 of the file.
type signExport func(e report.Export, t report.Totals, fileSum []byte) ([]byte, error)

func (r *root) signer(ctx context.Context) signExport {
	return func(e report.Export, t report.Totals, fileSum []byte) ([]byte, error) {
		return r.config().SignExport(ctx, trail.ExportNote{
			Made: e.Made, Rows: t.Rows, RowsSHA256: t.SHA256, FileSHA256: hex.EncodeToString(fileSum), Head: t.Head, Selected: e.Selected(),
		})
	}
}

// signed writes the sidecar, if one is wanted, whole or not at all. It comes
// before the file: where the second step fails, the old file stands beside a
// sidecar that does not belong to it, which verify-export tells.
func (x exportFile) signed(e report.Export, t report.Totals, fileSum []byte) (err error) {
	if x.sign == nil {
		return nil
	}
	note, err := x.sign(e, t, fileSum)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(x.path), ".fob-export-*")
	if err != nil {
		return fault.Wrap(fault.Internal, cause(err), "%s cannot be made", *x.sidecar())
	}
	_, err = tmp.Write(note)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), *x.sidecar())
	}
	if err != nil {
		return errors.Join(fault.Wrap(fault.Internal, cause(err), "%s cannot be written", *x.sidecar()), os.Remove(tmp.Name()))
	}
	return nil
}
