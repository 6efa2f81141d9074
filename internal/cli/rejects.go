package cli

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"fob/internal/inventory"
	"fob/internal/report"
	"fob/internal/token"
)

// rejectFile is the file of --rejects: made when the first record is refused,
// readable by its owner alone, never over an existing one.
type rejectFile struct {
	path string
	file *os.File
	csv  *csv.Writer
}

func newRejectFile(path string) (*rejectFile, error) {
	if path == "" {
		return &rejectFile{}, nil
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, rejectError(path, fs.ErrExist)
	}
	// Before anything is stored; that the folder may be written shows later.
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, token.Errorf(token.Usage, "--rejects %s: there is no such folder; nothing was changed", path)
	}
	return &rejectFile{path: path}, nil
}

func rejectError(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return token.Errorf(token.NotAllowed, "--rejects %s: the file exists already; nothing was changed", path).
			WithHint("name a new file")
	}
	return token.Wrap(token.Internal, err, "writing %s", path)
}

func (f *rejectFile) add(source string, x inventory.Reject) error {
	if f.path == "" {
		return nil
	}
	if f.file == nil {
		file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return rejectError(f.path, err)
		}
		f.file, f.csv = file, csv.NewWriter(file)
		if err := f.csv.Write([]string{"line", "serial", "verdict", "reason", "file"}); err != nil {
			return rejectError(f.path, err)
		}
	}
	return f.csv.Write([]string{strconv.Itoa(x.Line), report.GuardCSV(x.Serial), string(x.Verdict), report.GuardCSV(x.Reason), report.GuardCSV(source)})
}

func (f *rejectFile) close() error {
	if f.file == nil {
		return nil
	}
	f.csv.Flush()
	if err := errors.Join(f.csv.Error(), f.file.Sync(), f.file.Close()); err != nil {
		return rejectError(f.path, err)
	}
	return nil
}
