package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
)

// exportOptions are the flags of export beside those that select.
type exportOptions struct {
	filter                     filterFlags
	sign, yes, pseudonymise    bool
	pseudonymKey, passwordFile string
	compare                    compareOptions
}

func newExportCmd(r *root) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export FILE.xlsx|FILE.csv|FILE.zip|FILE.json",
		Short: "Write the inventory for auditors",
		Long: `Write the inventory: a workbook (.xlsx), its sheet Inventory as CSV (.csv), every
sheet as CSV in an archive (.zip), or one document (.json). All tokens, or those that
the flags select; batches and trail are those of the whole store. No seed is in it and
no identity is needed. Nothing in it can run as a formula. ` + "`fob help workbook`" + ` explains
every sheet and field. The head of the trail and the SHA-256 of the rows are in the
file, or, for CSV, are printed: sha256sum of the CSV gives the same.

--as-of gives the inventory as it was at the end of a day in UTC, or at an instant, as
the trail tells it: whoever was erased since has another name, and what was deleted
or corrected since is as it was. Which events count is told by the trail's own clock:
one that was written under a wrong clock counts from where it stands in the trail.

--compare gives what changed as well: since a day or an instant, or since a file that
fob exported, in any form, whose rows must be those that it says it has. The sheet
Changes has a row for every column of every token that differs, before and after, with
the event that made it; .csv is that sheet alone. With --as-of, that day is compared
with the earlier one. A token counts when the flags select it now or then.

--sign writes FILE.sig beside it, signed with checkpoint.key: ` + "`fob verify-export`" + `
proves to whoever holds the public half what the file was when it was made.

--pseudonymise puts a pseudonym in the place of each account, the same throughout one
export, and withholds reasons and proofs of identity, which are people's own words.
Operators and approvers stay. Two exports cannot be joined by their pseudonyms, unless
both are given the same --pseudonym-key: a file of 16 bytes or more that nobody else
has. Whoever has it can tell which account a pseudonym is.

--password-file encrypts a workbook with the file's first line, as Excel itself does
(AES-256; a changed byte shows). It is as strong as the password: take a long one.

A file that is there already is replaced after a question, or with --yes, once the new
one is complete. A FILE.sig beside it goes as well: without --sign it is removed.`,
		Example: `  fob export inventory.xlsx --sign
  fob export bound.csv --state bound
  fob export q3.xlsx --as-of 2026-09-30
  fob export q4.xlsx --compare 2026-09-30
  fob export changes.csv --compare q3.xlsx
  fob export q4.xlsx --pseudonymise --password-file password.txt --yes`,
		Args: exactly("the file"),
		RunE: r.run(func(ctx context.Context, args []string) error { return r.exportTo(ctx, args[0], &o) }),
	}
	o.filter.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.sign, "sign", false, "write FILE.sig beside it, signed with checkpoint.key")
	f.BoolVar(&o.yes, "yes", false, "replace the file and its signature without asking")
	f.BoolVar(&o.pseudonymise, "pseudonymise", false, "replace accounts by pseudonyms, withhold reasons and proofs")
	f.StringVar(&o.pseudonymKey, "pseudonym-key", "", "file with the key of pseudonyms that are to be the same in several exports")
	f.StringVar(&o.passwordFile, "password-file", "", "file whose first line is the password of the workbook")
	o.compare.add(cmd)
	for _, flag := range []string{"pseudonym-key", "password-file"} {
		_ = cmd.MarkFlagFilename(flag) // only completion needs it
	}
	return cmd
}

func (r *root) exportTo(ctx context.Context, path string, o *exportOptions) error {
	e, err := r.exportOf(path, o)
	if err != nil {
		return err
	}
	write, err := exportWriter(path)
	if err != nil {
		return err
	}
	out := exportFile{path: path, write: write}
	if o.sign {
		out.sign = r.signer(ctx)
	}
	return r.withCompared(ctx, &o.compare, &e, func(reader report.Reader) error {
		if err := r.mayReplace(ctx, &out, o.yes); err != nil { // last: all else is known to be right
			return err
		}
		return r.export(reader, out, e)
	})
}

// exportOf reads what the flags say into what an export is.
func (r *root) exportOf(path string, o *exportOptions) (e report.Export, err error) {
	c := r.config()
	e = report.Export{Made: r.now(), By: c.Operator, Host: c.Host, Version: version(), Random: c.Random, TempDir: filepath.Dir(path)}
	if e.Filter, err = o.filter.filter(e.Made); err != nil {
		return e, err
	}
	e.Joinable = o.pseudonymKey != ""
	if e.Pseudonyms, err = o.pseudonyms(c.Random); err != nil {
		return e, err
	}
	if o.passwordFile == "" {
		return e, nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".xlsx") {
		return e, fault.Errorf(fault.Usage, "only a workbook (.xlsx) can have a password")
	}
	e.Password, err = passwordOf(o.passwordFile)
	return e, err
}

// pseudonyms gives the key under which accounts are replaced, nil where they are
// not.
func (o *exportOptions) pseudonyms(random io.Reader) ([]byte, error) {
	if o.pseudonymKey == "" {
		if !o.pseudonymise {
			return nil, nil
		}
		key := make([]byte, 32)
		_, err := io.ReadFull(random, key)
		return key, err
	}
	if !o.pseudonymise {
		return nil, fault.Errorf(fault.Usage, "--pseudonym-key goes with --pseudonymise")
	}
	key, err := readSmall(o.pseudonymKey, "the key of pseudonyms")
	if err != nil {
		return nil, err
	}
	if len(key) < report.MinPseudonymKey {
		return nil, fault.Errorf(fault.KeyTrouble, "%s has %d bytes: a key of pseudonyms has %d or more", o.pseudonymKey, len(key), report.MinPseudonymKey).
			WithHint("make one: openssl rand -hex 32")
	}
	return key, nil
}

// passwordOf reads the first line of a file; nil for no file.
func passwordOf(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readSmall(path, "the password")
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
		return nil, fault.Errorf(fault.KeyTrouble, "the first line of %s is empty", path)
	}
	return line, nil
}

type writeExport func(io.Writer, report.Reader, report.Export) (report.Totals, error)

func exportWriter(path string) (writeExport, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return report.WriteWorkbook, nil
	case ".csv":
		return report.WriteCSV, nil
	case ".zip":
		return report.WriteArchive, nil
	case ".json":
		return report.WriteJSON, nil
	}
	return nil, fault.Errorf(fault.Usage, "%q: the ending says the form: .xlsx, .csv, .zip or .json", clean(path))
}

func (r *root) export(reader report.Reader, out exportFile, e report.Export) error {
	totals, err := out.make(reader, e)
	if err != nil {
		return err
	}
	if totals.Rows == 0 {
		if err := r.warnUnknown(reader, e.Filter); err != nil {
			return err
		}
	}
	if r.json {
		return r.printJSON(exportedJSON{out.path, totals.Rows, totals.SHA256, totals.Head.Seq, totals.Head.Hash.String(), out.sidecar(), out.stale, comparedWords(e), totals.Changes})
	}
	rows := count(totals.Rows, "token")
	if e.Compare != nil && out.isCSV() {
		rows = count(totals.Rows, "change")
	}
	r.say("%s: %s", out.path, rows)
	r.facts("rows SHA-256", totals.SHA256, "trail head", totals.Head.Hash.String(), "events", totals.Head.Seq, "signed in", out.sidecar())
	r.sayDropped(out)
	r.sayChanges(e, totals.Changes)
	return nil
}

// exportFile is an export on its way to the disk. sign is nil without a
// signature; stale is the signature of the file that it replaces, if that has to go.
type exportFile struct {
	path  string
	write writeExport
	sign  signExport
	stale *string
}

// sidecar is the path of the signature, nil without one.
func (x exportFile) sidecar() *string {
	if x.sign == nil {
		return nil
	}
	return new(x.path + sidecarEnding)
}

func (x exportFile) isCSV() bool { return strings.EqualFold(filepath.Ext(x.path), ".csv") }

// make writes the file, and then removes the signature of the one that it replaced.
func (x exportFile) make(reader report.Reader, e report.Export) (report.Totals, error) {
	t, err := x.replace(reader, e)
	if err != nil {
		return t, err
	}
	return t, x.dropStale()
}

// replace writes beside the target and renames when all is on disk and signed: a
// reader never sees half a file, and a full disk leaves the old one.
func (x exportFile) replace(reader report.Reader, e report.Export) (t report.Totals, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(x.path), ".fob-export-*") // 0600
	if err != nil {
		return t, fault.Wrap(fault.Internal, cause(err), "%s cannot be made", x.path).WithHint("%s", folderHint(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	sum := sha256.New()
	if t, err = x.write(io.MultiWriter(tmp, sum), reader, e); err != nil {
		return t, x.failed(err)
	}
	if err = tmp.Sync(); err != nil {
		return t, fault.Wrap(fault.Internal, err, "writing %s", x.path)
	}
	if err = x.signed(e, t, sum.Sum(nil)); err != nil {
		return t, err
	}
	if err = os.Rename(tmp.Name(), x.path); err != nil {
		return t, fault.Wrap(fault.Internal, cause(err), "%s cannot be written", x.path).WithHint("name another file")
	}
	return t, tmp.Close()
}

// failed says of a file that could not be written which one was to be made, rather
// than in which row and on which temporary name it ended.
func (x exportFile) failed(err error) error {
	var onPath *fs.PathError
	if errors.As(err, &onPath) {
		return fault.Wrap(fault.Internal, onPath.Err, "writing %s", x.path)
	}
	return err
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
