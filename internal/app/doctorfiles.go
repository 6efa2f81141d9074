package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fob/internal/fault"
)

// files looks at who may read and replace what. The contents of key files are looked
// at when they are opened.
func (d *doctor) files(_ context.Context, k *Check) error {
	db := d.store.Where()
	k.Detail = db
	if d.onServer() {
		k.Outcome, k.Detail = NotChecked, "the store is in a server's database"
		return nil
	}
	if d.readOnly() {
		k.Detail += ", a copy to read"
		return nil
	}
	for _, path := range []string{db, db + "-wal", db + "-shm"} {
		info, err := statOf(path)
		if err != nil || info == nil {
			if err != nil {
				return err
			}
			continue
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 && !shared(filepath.Dir(db), info) {
			k.found(fmt.Sprintf("%s is open to other users (mode %04o)", path, mode),
				"they can read who has which token; seeds are encrypted, but only the identity stands before them", "chmod 600 %s", path)
		}
	}
	if err := d.folders(k, filepath.Dir(db)); err != nil {
		return err
	}
	if canWrite(db) { // else it is a copy to read, anyone who made it
		if err := owners(k, filepath.Dir(db), db, db+"-wal", db+"-shm", db+".intent", db+".lock"); err != nil {
			return err
		}
	}
	if d.Identity == "" {
		return nil
	}
	if info, err := statOf(d.Identity); err == nil && info != nil {
		if err := errors.Join(d.folders(k, filepath.Dir(d.Identity)), owners(k, filepath.Dir(d.Identity), d.Identity, d.checkpointPath())); err != nil {
			return err
		}
	}
	if err := d.keepApart(db); fault.KindOf(err) == fault.NotAllowed {
		k.failed(err, "one copy of that folder is enough to read all seeds")
	}
	return nil
}

// readOnly reports whether the store is a copy that can only be read, as an auditor has
// it: who may read it is not for them to change.
func (d *doctor) readOnly() bool {
	if d.onServer() {
		return false
	}
	info, err := statOf(d.store.Where())
	return err == nil && info != nil && (info.Mode().Perm()&0o222 == 0 || !canWrite(d.store.Where()))
}

// neverWritten reports whether the store is a copy, as a backup is: what works with a store
// leaves the small files beside it by which writers queue.
func (d *doctor) neverWritten() bool {
	db := d.store.Where()
	return !d.onServer() && !exists(db+".intent") && !exists(db+".lock")
}

// shared reports whether a file is one of a store that several people of a group share
// (fob help shared): all in a folder of the group, whose files are the group's, and
// nobody else may enter it.
func shared(dir string, file os.FileInfo) bool {
	folder, err := statOf(dir)
	if err != nil || folder == nil {
		return false
	}
	closed := folder.Mode()&fs.ModeSetgid != 0 && folder.Mode().Perm() == 0o770
	return closed && file.Mode().Perm()&0o007 == 0 && sameGroup(folder, file)
}

// statOf is nil for what is not there.
func statOf(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "looking at %s", path)
	}
	return info, nil
}

// folders looks for folders in which everybody may put another file, or folder, in
// the place of fob's. In those above that is so only without the sticky bit.
func (d *doctor) folders(k *Check, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking at %s", dir)
	}
	for at, own := dir, true; ; at, own = filepath.Dir(at), false {
		info, err := statOf(at)
		if err != nil {
			return err
		}
		if info != nil && info.Mode().Perm()&0o002 != 0 && (own || info.Mode()&fs.ModeSticky == 0) {
			k.found(fmt.Sprintf("everybody may write into the folder %s (mode %04o)", at, info.Mode().Perm()),
				"anybody on this computer can put other files in the place of fob's, or remove them", "chmod o-w %s", at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// owners looks for files of somebody else: who owns a file can change it, whatever
// its mode. For root the folder says whose store it is; a folder may be root's.
func owners(k *Check, dir string, paths ...string) error {
	me := os.Geteuid()
	for i, path := range append([]string{dir}, paths...) {
		info, err := statOf(path)
		if err != nil {
			return err
		}
		owner, known := ownerOf(info)
		switch {
		case !known:
			continue
		case i == 0 && me == 0:
			me = owner
		case owner == me || i == 0 && owner == 0 || i > 0 && shared(dir, info):
			continue
		default:
			k.found(fmt.Sprintf("%s belongs to %s, not to %s", path, userName(owner), userName(me)),
				"its owner can change it, whatever its mode, and others may not be able to write to the store", "chown %s %s", userName(me), path)
		}
	}
	return nil
}
