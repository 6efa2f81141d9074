package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WholeFile is a file that appears under its name whole or not at all: it is written
// beside it and renamed when everything is on the disk. A process that is killed
// leaves what it had written; the next file that is made in that folder removes it.
type WholeFile struct{ *os.File }

// wholePrefix begins the name of a file that is not whole yet.
const wholePrefix = ".fob-export-"

// NewWholeFile begins a file in a folder, readable by its owner alone. It is locked as
// long as it is written, so that nobody takes it for left behind.
func NewWholeFile(dir string) (*WholeFile, error) {
	sweepUnfinished(dir)
	for {
		f, err := os.CreateTemp(dir, wholePrefix+"*") // 0600
		if err != nil {
			return nil, err
		}
		if lockNow(f) && leadsTo(f.Name(), f) {
			return &WholeFile{f}, nil
		}
		f.Close() // a sweep came between
	}
}

// leadsTo reports whether a name is still that of an open file.
func leadsTo(path string, f *os.File) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}

// Appear hands the file its name once it is on the disk.
func (f *WholeFile) Appear(path string) error {
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return f.Close()
}

// Discard ends a file that is not to appear.
func (f *WholeFile) Discard() error { return errors.Join(os.Remove(f.Name()), f.Close()) }

// sweepUnfinished removes what killed processes left in a folder. What cannot be
// removed is in nobody's way.
func sweepUnfinished(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), wholePrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if of, beside := copyBeside(path); beside {
			if _, err := os.Lstat(of); errors.Is(err, fs.ErrNotExist) {
				os.Remove(path)
			}
			continue
		}
		f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
		if err != nil {
			continue
		}
		if lockNow(f) && leadsTo(path, f) {
			os.Remove(path)
		}
		f.Close()
	}
}

// copyBeside is the copy of a store that a file lies beside. What was removed is sorted
// before it.
func copyBeside(path string) (of string, beside bool) {
	for _, end := range besideCopies {
		if of, beside = strings.CutSuffix(path, end); beside {
			return of, true
		}
	}
	return "", false
}
