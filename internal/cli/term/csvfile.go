package term

import (
	"encoding/csv"
	"errors"
	"os"

	"fob/internal/fault"
	"fob/internal/report/sheet"
)

// CSVFile is a list that a flag asks for: readable by its owner alone and never
// over an existing file. It is made before anything is done, since a list that
// cannot be written once the work is done would be lost, and goes again if it
// stayed empty.
type CSVFile struct {
	Keep bool // even without a row

	path   string
	file   *os.File // nil: nobody asked for one
	out    *csv.Writer
	header []string
	rows   int
}

// NewCSVFile makes the file; with an empty path it takes rows and keeps none.
func NewCSVFile(flag, path string, header ...string) (*CSVFile, error) {
	if path == "" {
		return &CSVFile{}, nil
	}
	file, err := NewFile(flag, path)
	if err != nil {
		return nil, err
	}
	return &CSVFile{path: path, file: file, out: csv.NewWriter(file), header: header}, nil
}

// Wanted reports whether anybody asked for it.
func (f *CSVFile) Wanted() bool { return f.file != nil }

// Add writes a row. No cell of it can be a formula, nor talk to a terminal that shows
// the file: a refused record may hold anything.
func (f *CSVFile) Add(cells ...string) error {
	if f.file == nil {
		return nil
	}
	if f.rows++; f.rows == 1 {
		_ = f.out.Write(f.header) // an error stays, and is told with the row
	}
	for i, c := range cells {
		cells[i] = sheet.Guard(Clean(c))
	}
	return f.failed(f.out.Write(cells))
}

// Flush writes rows through to the system: a process that is killed leaves them.
func (f *CSVFile) Flush() error {
	if f.file == nil {
		return nil
	}
	f.out.Flush()
	return f.failed(f.out.Error())
}

// Close ends the list.
func (f *CSVFile) Close() error {
	switch {
	case f.file == nil:
		return nil
	case f.rows == 0 && !f.Keep:
		if err := errors.Join(f.file.Close(), os.Remove(f.path)); err != nil {
			return fault.Wrap(fault.Internal, err, "removing %s, which stayed empty", f.path)
		}
		return nil
	case f.rows == 0:
		_ = f.out.Write(f.header)
	}
	f.out.Flush()
	return f.failed(errors.Join(f.out.Error(), f.file.Sync(), f.file.Close()))
}

func (f *CSVFile) failed(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Internal, Cause(err), "writing %s", f.path)
}
