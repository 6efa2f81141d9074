package app

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// overwrite puts content of the same length into a file and has it on the disk. Where
// the file was is not written, so that it need not wait for what other programs write
// to this disk.
func overwrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return errors.ErrUnsupported
	}
	if _, err := f.WriteAt(content, 0); err != nil {
		return err
	}
	return unix.Fdatasync(int(f.Fd()))
}

// exchange gives two files each other's names, at once.
func exchange(a, b string) error {
	return unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}
