package seeds

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report/sheet"
)

// rejectFile is the file of --rejects, readable by its owner alone, never over
// an existing one. It is made before anything is stored: a list of what was
// refused that cannot be written once the rest is in would be lost. It goes
// again if nothing was refused.
type rejectFile struct {
	path string
	file *os.File // nil: nobody asked for one
	csv  *csv.Writer
	rows int
}

func newRejectFile(path string) (*rejectFile, error) {
	if path == "" {
		return &rejectFile{}, nil
	}
	file, err := term.NewFile("--rejects", path)
	if err != nil {
		return nil, err
	}
	return &rejectFile{path: path, file: file, csv: csv.NewWriter(file)}, nil
}

func (f *rejectFile) add(source string, x intake.Reject) error {
	if f.rows++; f.rows == 1 {
		if err := f.csv.Write([]string{"line", "serial", "verdict", "reason", "file"}); err != nil {
			return term.RejectError(f.path, err)
		}
	}
	row := []string{strconv.Itoa(x.Line), sheet.Guard(x.Serial), string(x.Verdict), sheet.Guard(x.Reason.In(term.Wording{})), sheet.Guard(source)}
	if err := f.csv.Write(row); err != nil {
		return term.RejectError(f.path, err)
	}
	return nil
}

func (f *rejectFile) close() error {
	if f.file == nil {
		return nil
	}
	if f.rows == 0 {
		if err := errors.Join(f.file.Close(), os.Remove(f.path)); err != nil {
			return fault.Wrap(fault.Internal, err, "removing %s, which stayed empty", f.path)
		}
		return nil
	}
	f.csv.Flush()
	if err := errors.Join(f.csv.Error(), f.file.Sync(), f.file.Close()); err != nil {
		return term.RejectError(f.path, err)
	}
	return nil
}
