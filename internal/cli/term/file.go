package term

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"fob/internal/fault"
)

// maxNote bounds a signed note: it has a few short lines.
const maxNote = 64 << 10

// PasswordOf reads the first line of a file; nil for no file.
func PasswordOf(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := ReadSmall(path, "the password")
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
		return nil, fault.Errorf(fault.KeyTrouble, "the first line of %s is empty", path)
	}
	return line, nil
}

// FolderHint is what to do about a folder that takes no new file.
func FolderHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such folder: make it first, or name another"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not write into the folder: name another"
	}
	return ""
}

// Cause is why a file could not be used, without the system's words for what
// was tried on which temporary name.
func Cause(err error) error {
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

// NewFile makes the file that a flag names, readable by its owner alone and
// never over an existing one.
func NewFile(flag, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrExist):
		return nil, fault.Errorf(fault.NotAllowed, "%s %s: the file exists already; nothing was changed", flag, path).
			WithHint("name a new file")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, fault.Errorf(fault.Usage, "%s %s: there is no such folder; nothing was changed", flag, path)
	}
	return nil, fault.Wrap(fault.Internal, err, "%s %s cannot be made; nothing was changed", flag, path).
		WithHint("name a file in a folder that you may write to")
}

// ReadSmall reads a note: it has a few short lines.
func ReadSmall(path, what string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Refused, "%s %s is not there", what, path)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Refused, Cause(err), "%s cannot be read", what)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxNote))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "reading %s", path)
	}
	return text, nil
}
