package term

import (
	"crypto/sha256"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"syscall"

	"fob/internal/app"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
)

type WriteExport func(io.Writer, report.Reader, export.Export) (export.Totals, error)

// ExportFile is an export on its way to the disk. sign is nil without a
// signature; stale is the signature of the file that it replaces, if that has to go.
type ExportFile struct {
	Path  string
	Write WriteExport
	Sign  SignExport
	Stale *string
}

// Sidecar is the path of the signature, nil without one.
func (x ExportFile) Sidecar() *string {
	if x.Sign == nil {
		return nil
	}
	return new(x.Path + SidecarEnding)
}

func (x ExportFile) IsCSV() bool { return strings.EqualFold(filepath.Ext(x.Path), ".csv") }

// Make writes the file, and then removes the signature of the one that it replaced.
func (x ExportFile) Make(reader report.Reader, e export.Export) (export.Totals, error) {
	t, err := x.replace(reader, e)
	if err != nil {
		return t, err
	}
	return t, x.dropStale()
}

// replace writes beside the target and renames when all is on disk and signed: a
// reader never sees half a file, and a full disk leaves the old one.
func (x ExportFile) replace(reader report.Reader, e export.Export) (t export.Totals, err error) {
	tmp, err := app.NewWholeFile(filepath.Dir(x.Path))
	if err != nil {
		return t, fault.Wrap(fault.Internal, Cause(err), "%s cannot be made", x.Path).WithHint("%s", FolderHint(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Discard())
		}
	}()
	sum := sha256.New()
	if t, err = x.Write(io.MultiWriter(tmp, sum), reader, e); err != nil {
		return t, x.failed(err)
	}
	if err = tmp.Sync(); err != nil {
		return t, fault.Wrap(fault.Internal, err, "writing %s", x.Path)
	}
	if err = x.signed(e, t, sum.Sum(nil)); err != nil {
		return t, err
	}
	if err = tmp.Appear(x.Path); err != nil {
		return t, fault.Wrap(fault.Internal, Cause(err), "%s cannot be written", x.Path).WithHint("name another file")
	}
	return t, nil
}

// failed says of a file that could not be written which one was to be made, rather
// than in which row and on which temporary name it ended.
func (x ExportFile) failed(err error) error {
	var ofSystem syscall.Errno
	if errors.As(err, &ofSystem) {
		return fault.Wrap(fault.Internal, ofSystem, "writing %s", x.Path)
	}
	return err
}

// SidecarEnding makes the name of an export's signature.
const SidecarEnding = ".sig"

// SignExport signs what an export came to; fileSum is the SHA-256 of the file.
type SignExport func(e export.Export, t export.Totals, fileSum []byte) ([]byte, error)

// signed writes the sidecar, if one is wanted, whole or not at all. It comes
// before the file: where the second step fails, the old file stands beside a
// sidecar that does not belong to it, which verify-export tells.
func (x ExportFile) signed(e export.Export, t export.Totals, fileSum []byte) (err error) {
	if x.Sign == nil {
		return nil
	}
	note, err := x.Sign(e, t, fileSum)
	if err != nil {
		return err
	}
	tmp, err := app.NewWholeFile(filepath.Dir(x.Path))
	if err != nil {
		return fault.Wrap(fault.Internal, Cause(err), "%s cannot be made", *x.Sidecar())
	}
	_, err = tmp.Write(note)
	if err = errors.Join(err, tmp.Sync()); err == nil {
		err = tmp.Appear(*x.Sidecar())
	}
	if err != nil {
		return errors.Join(fault.Wrap(fault.Internal, Cause(err), "%s cannot be written", *x.Sidecar()), tmp.Discard())
	}
	return nil
}
