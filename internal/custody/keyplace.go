package custody

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fob/internal/fault"
)

// LockFolder makes a folder for key files if it is missing, and keeps other inits out
// of it until unlock is called or the process ends. The error is of kind NotAllowed
// while another one is in it.
func LockFolder(folder string) (unlock func(), err error) {
	if err := os.MkdirAll(folder, keyFolderMode); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the folder %s cannot be made", folder)
	}
	f, err := os.Open(folder)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the folder %s cannot be opened", folder)
	}
	if isHeld(f) {
		f.Close()
		return nil, fault.Errorf(fault.NotAllowed, "another program is making keys in %s", folder).WithHint("wait until it has ended")
	} // a file system without locks has no two inits at once either
	return func() { f.Close() }, nil
}

// PlaceKeyFile puts a key file that was made under another name in its place, where
// there must be nothing. Killed in between, it leaves both names, and can be called
// again. Stepped is told when both are there.
func PlaceKeyFile(made, final string, stepped func(string)) error {
	err := os.Link(made, final)
	if errors.Is(err, fs.ErrExist) {
		a, err1 := os.Lstat(made)
		b, err2 := os.Lstat(final)
		if err1 != nil || err2 != nil || !os.SameFile(a, b) {
			return InTheWay(final)
		}
	} else if err != nil {
		return fault.Wrap(fault.Internal, err, "the key file %s cannot be put in its place", final)
	}
	stepped(filepath.Base(final) + " linked")
	if err := os.Remove(made); err != nil {
		return fault.Wrap(fault.Internal, err, "the other name %s of %s cannot be removed", made, final)
	}
	return syncFolder(filepath.Dir(final))
}

// InTheWay refuses to overwrite a key.
func InTheWay(path string) error {
	return fault.Errorf(fault.NotAllowed, "%s exists already and is not overwritten: it may be the only key to another store", path).
		WithHint("name another place, or move the old file away and keep it")
}
