package app

import (
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"fob/internal/fault"
	"fob/internal/provision"
	"fob/internal/spool"
)

// OutFiles makes files that appear whole or not at all, over no other file, and that
// nobody but their owner can read. Under the name of the standard output it keeps
// what is written, encrypted, until it is placed.
type OutFiles struct {
	Random io.Reader
	Stdout io.Writer
}

var _ provision.Output = OutFiles{}

// Check refuses a name that is taken.
func (o OutFiles) Check(path string) error {
	if path == provision.Standard {
		return nil
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return taken(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return cannotMake(path, err)
	}
}

func taken(path string) error {
	return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", path).WithHint("name a new file")
}

func cannotMake(path string, err error) error {
	var onPath *fs.PathError
	if errors.As(err, &onPath) {
		err = onPath.Err
	}
	return fault.Wrap(fault.Internal, err, "%s cannot be made", path).WithHint("name a file in a folder that you may write to")
}

func cannotBegin(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fault.Errorf(fault.Usage, "%s cannot be made: there is no such folder", path).WithHint("make it first, or name another")
	}
	return cannotMake(path, err)
}

// Begin makes a file beside its name.
func (o OutFiles) Begin(path string) (provision.File, error) {
	if path == provision.Standard {
		s, err := spool.New("", o.Random)
		return &stdoutFile{s, o.Stdout}, err
	}
	var tag [8]byte
	if _, err := io.ReadFull(o.Random, tag[:]); err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	file, err := NewWholeFile(dir)
	if err != nil {
		return nil, cannotBegin(path, err)
	}
	return &outFile{file.File, filepath.Join(dir, ".fob-provision-"+hex.EncodeToString(tag[:])), path}, nil
}

// outFile is a file that lies beside its name. What a process that was killed had begun
// goes with the next file that is made there; what is whole has a hidden name that nobody
// removes, since the seeds in it may be the last there are.
type outFile struct {
	*os.File
	hidden, path string
}

// Finish has it on the disk, with its hidden name.
func (f *outFile) Finish() error {
	if err := f.File.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.hidden); err != nil {
		return err
	}
	syncFolder(filepath.Dir(f.hidden))
	return f.File.Close()
}

// Place gives it its name. A link fails where a file of that name is, which a rename
// would replace; a file system without links has to do with a look before.
func (f *outFile) Place() error {
	err := os.Link(f.hidden, f.path)
	switch {
	case err == nil:
		err = os.Remove(f.hidden)
	case errors.Is(err, fs.ErrExist):
	default:
		if _, there := os.Lstat(f.path); errors.Is(there, fs.ErrNotExist) {
			err = os.Rename(f.hidden, f.path)
		}
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the delivery is recorded, but %s could not get its name", f.path).
			WithHint("what was written is %s: give it its name, or destroy it", f.hidden)
	}
	syncFolder(filepath.Dir(f.path))
	return nil
}

// Discard removes it.
func (f *outFile) Discard() {
	_ = os.Remove(f.Name())
	_ = f.File.Close()
	_ = os.Remove(f.hidden)
}

// stdoutFile is what goes to the standard output once all is well.
type stdoutFile struct {
	*spool.File
	out io.Writer
}

// Place copies it.
func (f *stdoutFile) Place() error {
	_, err := io.Copy(f.out, io.NewSectionReader(f.File, 0, f.File.Size()))
	return errors.Join(err, f.File.Close())
}

// Discard forgets it.
func (f *stdoutFile) Discard() { _ = f.File.Close() }
