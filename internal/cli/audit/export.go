package audit

import (
	"context"
	"encoding/hex"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/trail"
)

// exportOptions are the flags of export beside those that select.
type exportOptions struct {
	filter                     term.FilterFlags
	sign, yes, pseudonymise    bool
	pseudonymKey, passwordFile string
	compare                    term.CompareOptions
}

func newExportCmd(r *term.Run) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:  "export FILE.xlsx|FILE.csv|FILE.zip|FILE.json",
		Args: term.Exactly("the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error { return exportTo(ctx, r, args[0], &o) }),
	}
	o.filter.Add(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.sign, "sign", false, "write a signature beside the file, as FILE.sig")
	f.BoolVarP(&o.yes, "yes", "y", false, "replace the file and its signature without asking")
	f.BoolVar(&o.pseudonymise, "pseudonymise", false, "replace accounts by pseudonyms; leave out reasons and proofs")
	f.StringVar(&o.pseudonymKey, "pseudonym-key", "", "key `FILE`, for the same pseudonyms in several exports")
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` whose first line is the workbook's password")
	o.compare.Add(cmd)
	for _, flag := range []string{"pseudonym-key", "password-file"} {
		_ = cmd.MarkFlagFilename(flag) // only completion needs it
	}
	return cmd
}

func exportTo(ctx context.Context, r *term.Run, path string, o *exportOptions) error {
	e, err := exportOf(r, path, o)
	if err != nil {
		return err
	}
	write, err := exportWriter(path)
	if err != nil {
		return err
	}
	out := term.ExportFile{Path: path, Write: write}
	reading := r.WithReports
	if o.sign {
		reading = func(ctx context.Context, fn func(report.Reader) error) error {
			return r.Config().SignedReports(ctx, func(reader report.Reader, sign app.SignExport) error {
				out.Sign = signer(sign)
				return fn(reader)
			})
		}
	}
	return r.WithCompared(ctx, reading, &o.compare, &e, func(reader report.Reader) error {
		if err := r.MayReplace(ctx, &out, o.yes); err != nil { // last: all else is known to be right
			return err
		}
		return writeExport(r, reader, out, e)
	})
}

// exportOf reads what the flags say into what an export is.
func exportOf(r *term.Run, path string, o *exportOptions) (e export.Export, err error) {
	c := r.Config()
	e = export.Export{Origin: report.Origin{Made: r.Now(), By: c.Operator, Host: c.Host, Version: term.Version(), Random: c.Random, TempDir: filepath.Dir(path)}}
	if e.Filter, err = o.filter.Filter(e.Made); err != nil {
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
	e.Password, err = term.PasswordOf(o.passwordFile)
	return e, err
}

// pseudonyms returns the key under which accounts are replaced, nil where they are
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
	key, err := term.ReadSmall(o.pseudonymKey, "the key of pseudonyms")
	if err != nil {
		return nil, err
	}
	if len(key) < export.MinPseudonymKey {
		return nil, fault.Errorf(fault.KeyTrouble, "%s has %d bytes: a key of pseudonyms has %d or more", o.pseudonymKey, len(key), export.MinPseudonymKey).
			WithHint("make one: openssl rand -hex 32")
	}
	return key, nil
}

func exportWriter(path string) (term.WriteExport, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return export.WriteWorkbook, nil
	case ".csv":
		return export.WriteCSV, nil
	case ".zip":
		return export.WriteArchive, nil
	case ".json":
		return export.WriteJSON, nil
	}
	return nil, fault.Errorf(fault.Usage, "%q: the ending says the form: .xlsx, .csv, .zip or .json", term.Clean(path))
}

func writeExport(r *term.Run, reader report.Reader, out term.ExportFile, e export.Export) error {
	totals, err := out.Make(reader, e)
	if err != nil {
		return err
	}
	if totals.Rows == 0 {
		if err := r.WarnUnknown(reader, e.Filter); err != nil {
			return err
		}
	}
	if r.JSON {
		return r.PrintJSON(exportedJSON{out.Path, totals.Rows, totals.SHA256, totals.Head.Seq, totals.Head.Hash.String(), out.Sidecar(), out.Stale, term.ComparedWords(e), totals.Changes})
	}
	rows := term.Count(totals.Rows, "token")
	if e.Compare != nil && out.IsCSV() {
		rows = term.Count(totals.Rows, "change")
	}
	r.Say("%s: %s", out.Path, rows)
	r.Facts("rows SHA-256", totals.SHA256, "trail head", totals.Head.Hash.String(), "events", totals.Head.Seq, "signed in", out.Sidecar())
	r.SayDropped(out)
	r.SayChanges(e, totals.Changes)
	return nil
}

type exportedJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	SHA256  string  `json:"rows_sha256"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Signed  *string `json:"signed_in"` // the sidecar, null without --sign
	Removed *string `json:"removed"`   // the sidecar of the file that was replaced, null where there was none

	Compared *string         `json:"compared_with"` // in words, null without --compare
	Changes  *export.Changed `json:"changes"`       // null without --compare
}

func signer(sign app.SignExport) term.SignExport {
	return func(e export.Export, t export.Totals, fileSum []byte) ([]byte, error) {
		return sign(trail.ExportNote{
			Made: e.Made, Rows: t.Rows, RowsSHA256: t.SHA256, FileSHA256: hex.EncodeToString(fileSum), Head: t.Head, Selected: e.Selected(),
		})
	}
}
