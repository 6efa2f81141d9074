package cli

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
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
	file, err := newFile("--rejects", path)
	if err != nil {
		return nil, err
	}
	return &rejectFile{path: path, file: file, csv: csv.NewWriter(file)}, nil
}

// newFile makes the file that a flag names, readable by its owner alone and
// never over an existing one.
func newFile(flag, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, noNewFile(flag, path, err)
	}
	return file, nil
}

// noNewFile says why there is no file of a flag, before anything was done.
func noNewFile(flag, path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return fault.Errorf(fault.NotAllowed, "%s %s: the file exists already; nothing was changed", flag, path).
			WithHint("name a new file")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault.Errorf(fault.Usage, "%s %s: there is no such folder; nothing was changed", flag, path)
	}
	return fault.Wrap(fault.Internal, err, "%s %s cannot be made; nothing was changed", flag, path).
		WithHint("name a file in a folder that you may write to")
}

func rejectError(path string, err error) error {
	return fault.Wrap(fault.Internal, err, "writing %s", path)
}

func (f *rejectFile) add(source string, x intake.Reject) error {
	if f.rows++; f.rows == 1 {
		if err := f.csv.Write([]string{"line", "serial", "verdict", "reason", "file"}); err != nil {
			return rejectError(f.path, err)
		}
	}
	row := []string{strconv.Itoa(x.Line), report.GuardCSV(x.Serial), string(x.Verdict), report.GuardCSV(x.Reason.In(wording{})), report.GuardCSV(source)}
	if err := f.csv.Write(row); err != nil {
		return rejectError(f.path, err)
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
		return rejectError(f.path, err)
	}
	return nil
}
