package seedfile

import (
	"errors"
	"fob/internal/fault"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// Source is a seed file that can be opened more than once and gives the same
// bytes each time, or an error. Name is for messages and the batch: a base
// name, never a path.
type Source interface {
	Name() string
	Open() (io.ReadCloser, error)
}

// ErrStream is in the error of FileSource for a pipe or device, which can be
// read only once: such a file has to be spooled.
var ErrStream = errors.New("a pipe or device, which can be read only once")

// FileSource is a seed file on disk. It must be a regular file with something
// in it; that it stays the same is for the reader to check, by its SHA-256.
func FileSource(path string) (Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	if err := checkFile(path, info); err != nil {
		return nil, err
	}
	return diskFile(path), nil
}

// cleanName makes text of a file's name, which on Unix may be any bytes: it is
// kept with the batch and in the trail, which hold text only, and shown on
// terminals, which obey control characters.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(name, string(unicode.ReplacementChar)))
}

// diskFile is the path of a seed file.
type diskFile string

func (f diskFile) Name() string { return cleanName(filepath.Base(string(f))) }

func (f diskFile) Open() (io.ReadCloser, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, fileError(string(f), err)
	}
	info, err := file.Stat()
	if err == nil {
		err = checkFile(string(f), info)
	} else {
		err = fileError(string(f), err)
	}
	if err != nil {
		_ = file.Close() // it was only looked at
		return nil, err
	}
	return file, nil
}

// Size is how many bytes the file has now; 0 when it is not there.
func (f diskFile) Size() int64 {
	info, err := os.Stat(string(f))
	if err != nil {
		return 0
	}
	return info.Size()
}

// SizeOf is how many bytes a source has, as far as it tells; else 0. It is for
// showing how far the work is.
func SizeOf(s Source) int64 {
	if sized, ok := s.(interface{ Size() int64 }); ok {
		return sized.Size()
	}
	return 0
}

// checkFile refuses what cannot be a seed file on disk.
func checkFile(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fault.Errorf(fault.Refused, "%q is a directory", path).WithHint("name the files in it")
	case !info.Mode().IsRegular():
		return fault.Wrap(fault.Refused, ErrStream, "%q", path).WithHint("hand it over on standard input: fob import - < FILE")
	case info.Size() == 0:
		return fault.Errorf(fault.Refused, "%q is empty", path).WithHint("fetch the delivery again; nothing was changed")
	case info.Size() > MaxFileSize:
		return tooLarge(path)
	}
	return nil
}

func tooLarge(name string) *fault.Error {
	return fault.Errorf(fault.Refused, "%q has more than %d GiB, the limit for a seed file", name, MaxFileSize>>30).
		WithHint("is this a seed file? A larger delivery has to come in parts")
}

// fileError says of a file that could not be opened whether the request or the
// disk is at fault. The system's error repeats the path, its cause does not.
func fileError(path string, err error) *fault.Error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Errorf(fault.Refused, "there is no file %q", path).WithHint("check the name and the folder")
	case errors.Is(err, fs.ErrPermission):
		return fault.Errorf(fault.Refused, "%q may not be read by this user", path).WithHint("ask its owner, or run fob as who may read it")
	}
	return fault.Wrap(fault.Internal, err, "reading %q", path)
}
