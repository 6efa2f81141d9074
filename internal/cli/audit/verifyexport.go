package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report/export"
	"fob/internal/report/sheet"
	"fob/internal/trail"
)

type verifiedExportJSON struct {
	File       string    `json:"file"`
	Store      string    `json:"store"`
	Made       time.Time `json:"made"`
	Selected   string    `json:"selected"`
	Rows       int       `json:"rows"`
	RowsSHA256 string    `json:"rows_sha256"`
	Events     int64     `json:"events"`
	Head       string    `json:"head"`
	OK         bool      `json:"ok"`
	Problems   []string  `json:"problems"`
}

// verifyExportOptions are what the auditor brings along.
type verifyExportOptions struct {
	pub, sidecar, passwordFile string
	rowsOnly                   bool
}

func newVerifyExportCmd(r *term.Run) *cobra.Command {
	var o verifyExportOptions
	cmd := &cobra.Command{
		Use:  "verify-export FILE",
		Args: term.Exactly("the file"),
		RunE: r.Start(func(ctx context.Context, args []string) error { return verifyExport(r, args[0], &o) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.pub, "pub", "", "the store's public `KEY`, as it was given to you")
	f.StringVar(&o.sidecar, "sidecar", "", "`FILE` with the signature (default: the export's name with .sig)")
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` whose first line is the workbook's password")
	f.BoolVar(&o.rowsOnly, "rows-only", false, "accept a file that was saved again with the same rows")
	return cmd
}

func verifyExport(r *term.Run, path string, o *verifyExportOptions) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Errorf(fault.Refused, "%s is not there", path)
	case err == nil && info.IsDir():
		return term.IsFolder(path)
	}
	note, err := o.open(path)
	if err != nil {
		return err
	}
	password, err := term.PasswordOf(o.passwordFile)
	if err != nil {
		return err
	}
	found, err := readBackFile(path, password, r.Config().Random)
	if err != nil {
		return err
	}
	problems := found.against(note, o, path)
	if r.JSON {
		err = r.PrintJSON(verifiedExportJSON{
			path, note.Store.String(), note.Made, note.Selected, found.Rows, found.SHA256, note.Head.Seq, note.Head.Hash.String(),
			len(problems) == 0, append([]string{}, problems...),
		})
	} else {
		printVerifiedExport(r, path, note, found, problems)
	}
	if err != nil || len(problems) == 0 {
		return err
	}
	hint := "keep the file as it is, and ask for another export"
	if o.pub == "" {
		hint = "give the key that you were given with --pub"
	}
	return fault.Errorf(fault.Integrity, "%s is not proven: %s", path, term.Count(len(problems), "problem")).WithHint("%s", hint)
}

// open reads the sidecar. Without the auditor's key it is only a claim.
func (o *verifyExportOptions) open(path string) (n trail.ExportNote, err error) {
	sidecar := cmp.Or(o.sidecar, path+term.SidecarEnding)
	signed, err := term.ReadSmall(sidecar, "the sidecar")
	if _, gone := os.Stat(sidecar); errors.Is(gone, fs.ErrNotExist) {
		return n, fault.Errorf(fault.Refused, "the sidecar %s is not there", sidecar).
			WithHint("name it with --sidecar FILE, if it lies elsewhere; `fob export --sign` writes it beside the file")
	}
	if err != nil {
		return n, err
	}
	if o.pub == "" {
		return trail.ClaimedExport(signed)
	}
	return trail.OpenExportNote(signed, o.pub)
}

// foundExport is what a file really holds.
type foundExport struct {
	export.Totals
	fileSum string
}

func readBackFile(path string, password []byte, random io.Reader) (found foundExport, err error) {
	f, err := os.Open(path)
	if err != nil {
		return found, fault.Wrap(fault.Refused, term.Cause(err), "%s cannot be read", path)
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return found, fault.Wrap(fault.Internal, term.Cause(err), "reading %s", path)
	}
	found.fileSum = hex.EncodeToString(sum.Sum(nil))
	found.Totals, err = export.ReadBack(f, size, path, sheet.ReadOptions{Password: password, Random: random})
	return found, err
}

// against compares what was found with what was signed.
func (x foundExport) against(n trail.ExportNote, o *verifyExportOptions, path string) (problems []string) {
	if o.pub == "" {
		problems = append(problems, "without --pub nobody's signature was checked: the sidecar is only a claim. Ask for the store's public key on another way than this file came")
	}
	switch {
	case x.SHA256 != n.RowsSHA256 || x.Rows != n.Rows:
		problems = append(problems, "the rows are not those that were signed: "+term.Count(x.Rows, "row")+" here, "+term.Count(n.Rows, "row")+
			" signed; the file was changed, or the sidecar belongs to another export")
	case x.fileSum != n.FileSHA256 && !o.rowsOnly:
		problems = append(problems, "the rows are those that were signed, but "+otherFile(path))
	}
	return problems
}

// otherFile is what became of a file whose rows alone are those that were signed, and
// what nothing vouches for then. CSV has nothing but its rows.
func otherFile(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return "the sidecar was made for another file that has them (--rows-only is content with that)"
	case ".json":
		return "the file was changed since, or the sidecar was made for another that has them: nothing vouches for what else is in it (--rows-only accepts that)"
	}
	return "the file was saved again since, or the sidecar was made for another that has them: nothing vouches for its other sheets (--rows-only accepts that)"
}

func printVerifiedExport(r *term.Run, path string, n trail.ExportNote, found foundExport, problems []string) {
	for _, p := range problems {
		r.Say("%s", p)
	}
	if len(problems) > 0 {
		return
	}
	what := "This is the file that was signed"
	if found.fileSum != n.FileSHA256 {
		what = "This is not the very file that was signed, but its inventory is the one"
	}
	r.Say("%s: %s, %s.", what, path, term.Count(found.Rows, "row"))
	r.Facts(
		"store", n.Store.String(), "made", n.Made, "selected", n.Selected, "rows SHA-256", found.SHA256,
		"trail head", n.Head.Hash.String(), "events", n.Head.Seq,
	)
}
