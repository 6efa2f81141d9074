package term

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/export"
	"fob/internal/report/past"
	"fob/internal/report/sheet"
	"fob/internal/trail"
)

// CompareOptions say what an inventory is compared with.
type CompareOptions struct {
	With, passwordFile string
	Called             string // what the command line calls the first
}

func (o *CompareOptions) Add(cmd *cobra.Command) {
	f := cmd.Flags()
	o.Called = "--compare"
	f.StringVar(&o.With, "compare", "", "list what changed since this `DAY`, time or exported file")
	o.AddPassword(cmd)
	_ = cmd.MarkFlagFilename("compare", exportEndings...) // only completion needs it
}

func (o *CompareOptions) AddPassword(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.passwordFile, "compare-password-file", "", "`FILE` whose first line is the password of the compared workbook")
	_ = cmd.MarkFlagFilename("compare-password-file") // only completion needs it
}

// exportEndings are those of the forms of an export.
var exportEndings = []string{"xlsx", "csv", "zip", "json"}

func isExportName(name string) bool {
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	return slices.Contains(exportEndings, ending)
}

// reading runs a function on one consistent state of the store.
type reading = func(context.Context, func(report.Reader) error) error

// WithCompared opens the store for a command that reads, with what it is compared
// with, if anything, in the export.
func (r *Run) WithCompared(ctx context.Context, read reading, o *CompareOptions, e *export.Export, fn func(report.Reader) error) error {
	baseline, done, err := r.baseline(o, *e)
	if err != nil {
		return err
	}
	err = read(ctx, func(now report.Reader) (err error) {
		if err := CheckBatch(now, e.Filter.Batch); err != nil {
			return err
		}
		reader := now
		if !e.Filter.AsOf.IsZero() {
			if reader, err = past.AsOf(now, e.Filter.AsOf); err != nil {
				return err
			}
		}
		if baseline != nil {
			if e.Compare, err = baseline(now); err != nil {
				return err
			}
		}
		return fn(reader)
	})
	return cmp.Or(err, done())
}

// openBaseline makes a baseline out of what the flag names; now is the store as it
// is.
type openBaseline func(now report.Reader) (*export.Baseline, error)

// baseline reads what the flag names, before a store is opened. done removes what
// was written of a file.
func (r *Run) baseline(o *CompareOptions, e export.Export) (open openBaseline, done func() error, err error) {
	done = func() error { return nil }
	switch {
	case o.With == "" && o.passwordFile != "":
		return nil, done, fault.Errorf(fault.Usage, "--compare-password-file goes with --compare FILE.xlsx")
	case o.With == "":
		return nil, done, nil
	case isExportName(o.With):
		old, err := readOldExport(o, e)
		if err != nil {
			return nil, done, err
		}
		return func(now report.Reader) (*export.Baseline, error) { return old.Baseline(now, e) }, old.Close, nil
	}
	at, err := parseAsOf(o.Called, o.With, e.Made)
	if err != nil {
		if fault.HintOf(err) == "" {
			err = fault.Errorf(fault.Usage, "%v; or a file that fob exported (.xlsx, .csv, .zip, .json)", err)
		}
		return nil, done, err
	}
	if then := e.Filter.AsOf; !then.IsZero() && !at.Before(then) {
		return nil, done, fault.Errorf(fault.Usage, "%s %s is not before --as-of: the later day is compared with the earlier one", o.Called, Clean(o.With))
	}
	return func(now report.Reader) (*export.Baseline, error) { return export.BaselineAt(now, at) }, done, nil
}

// readOldExport reads a file that fob exported, and what its sidecar, where one lies
// beside it, says of it.
func readOldExport(o *CompareOptions, e export.Export) (old *export.OldExport, err error) {
	password, err := PasswordOf(o.passwordFile)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(o.With)
	if err != nil {
		return nil, fault.Wrap(fault.Refused, Cause(err), "%s cannot be read", Clean(o.With))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, fault.Errorf(fault.Refused, "%s is no file", Clean(o.With))
	}
	old, err = export.ReadExport(f, info.Size(), Clean(filepath.Base(o.With)), sheet.ReadOptions{TempDir: e.TempDir, Random: e.Random, Password: password})
	var told *fault.Error
	if errors.As(err, &told) && told.Kind == fault.KeyTrouble && o.passwordFile == "" {
		return nil, told.WithHint("give it with --compare-password-file FILE")
	}
	var ofSystem syscall.Errno
	if errors.As(err, &ofSystem) {
		return nil, fault.Wrap(fault.Internal, ofSystem, "writing the rows of %s to a temporary file", Clean(o.With))
	}
	if err != nil {
		return nil, err
	}
	if err := claimed(old, o.With+SidecarEnding); err != nil {
		return nil, cmp.Or(err, old.Close())
	}
	return old, nil
}

func claimed(old *export.OldExport, sidecar string) error {
	if _, err := os.Stat(sidecar); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	signed, err := ReadSmall(sidecar, "the sidecar")
	if err != nil {
		return err
	}
	note, err := trail.ClaimedExport(signed)
	if err != nil {
		return err
	}
	return old.Claim(note)
}

func ComparedWords(e export.Export) *string {
	if e.Compare == nil {
		return nil
	}
	return new(Clean(e.Compare.Words))
}

// SayChanges tells how much changed.
func (r *Run) SayChanges(e export.Export, c *export.Changed) {
	if c != nil {
		r.Say("Since %s: %s", Clean(e.Compare.Words), c)
	}
}
