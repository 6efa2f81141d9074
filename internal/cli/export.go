package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/report"
	"fob/internal/token"
)

func newExportCmd(r *root) *cobra.Command {
	var flags filterFlags
	var sign bool
	cmd := &cobra.Command{
		Use:   "export FILE.xlsx|FILE.csv|FILE.json",
		Short: "Write the inventory for auditors",
		Long: `Write the inventory as a workbook, as CSV (safe against formulas) or as JSON. All
tokens, or those that the flags select. No seed is in it and no identity is
needed. The head of the trail and the SHA-256 of the rows are in the file, or,
for CSV, are printed: sha256sum of the CSV gives the same.

--as-of gives the inventory as it was at the end of a day in UTC, or at an instant, as
the trail tells it: whoever was erased since has another name, and what was deleted
or corrected since is as it was. Which events count is told by the trail's own clock:
one that was written under a wrong clock counts from where it stands in the trail.

--sign writes FILE.sig beside it, signed with checkpoint.key: ` + "`fob verify-export`" + `
proves to whoever holds the public half what the file was when it was made.`,
		Example: "  fob export inventory.xlsx --sign\n  fob export bound.csv --state bound\n  fob export q3.xlsx --as-of 2026-09-30",
		Args:    exactly("the file"),
		RunE: r.run(func(ctx context.Context, args []string) error {
			f, err := flags.filter(r.now())
			if err != nil {
				return err
			}
			write, err := exportWriter(args[0])
			if err != nil {
				return err
			}
			out := exportFile{path: args[0], write: write}
			if sign {
				out.sign = r.signer(ctx, f)
			}
			return r.withInventory(ctx, f, func(reader report.Reader) error { return r.export(reader, out, f) })
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&sign, "sign", false, "write FILE.sig beside it, signed with checkpoint.key")
	return cmd
}

type writeExport func(io.Writer, report.Reader, report.Export) (report.Totals, error)

func exportWriter(path string) (writeExport, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return report.WriteWorkbook, nil
	case ".csv":
		return report.WriteCSV, nil
	case ".json":
		return report.WriteJSON, nil
	}
	return nil, token.Errorf(token.Usage, "%q: the ending says the form: .xlsx, .csv or .json", clean(path))
}

func (r *root) export(reader report.Reader, out exportFile, f report.Filter) error {
	c := r.config()
	e := report.Export{Made: r.now(), By: c.Operator, Host: c.Host, Version: version(), Filter: f, TempDir: filepath.Dir(out.path)}
	totals, err := out.make(reader, e)
	if err != nil {
		return err
	}
	if r.json {
		return r.printJSON(exportedJSON{out.path, totals.Rows, totals.SHA256, totals.Head.Seq, totals.Head.Hash.String(), out.sidecar()})
	}
	r.say("%s: %s", out.path, count(totals.Rows, "token"))
	r.facts([]fact{{"rows SHA-256", totals.SHA256}, {"trail head", totals.Head.Hash.String()}, {"events", totals.Head.Seq}, {"signed in", out.sidecar()}})
	return nil
}

// exportFile is an export on its way to the disk. sign is nil without a
// signature.
type exportFile struct {
	path  string
	write writeExport
	sign  signExport
}

// sidecar is the path of the signature, nil without one.
func (x exportFile) sidecar() *string {
	if x.sign == nil {
		return nil
	}
	return new(x.path + sidecarEnding)
}

// make writes beside the target and renames when all is on disk and signed: a
// reader never sees half a file, and a full disk leaves the old one.
func (x exportFile) make(reader report.Reader, e report.Export) (t report.Totals, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(x.path), ".fob-export-*") // 0600
	if err != nil {
		return t, token.Wrap(token.Internal, cause(err), "%s cannot be made", x.path).WithHint("%s", folderHint(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	sum := sha256.New()
	if t, err = x.write(io.MultiWriter(tmp, sum), reader, e); err != nil {
		return t, err
	}
	if err = tmp.Sync(); err != nil {
		return t, token.Wrap(token.Internal, err, "writing %s", x.path)
	}
	if err = x.signed(e, t, sum.Sum(nil)); err != nil {
		return t, err
	}
	if err = os.Rename(tmp.Name(), x.path); err != nil {
		return t, token.Wrap(token.Internal, cause(err), "%s cannot be written", x.path).WithHint("name another file")
	}
	return t, tmp.Close()
}

// folderHint is what to do about a folder that takes no new file.
func folderHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such folder: make it first, or name another"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not write into the folder: name another"
	}
	return ""
}

// cause is why a file could not be used, without the system's words for what
// was tried on which temporary name.
func cause(err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &onLink):
		return onLink.Err
	}
	return err
}
