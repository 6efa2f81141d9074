package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fob/internal/fault"
	"fob/internal/store"
)

// Create makes a store at path, which must not exist. It is built beside its
// place and linked there when it is whole, so a failed init leaves nothing.
func Create(ctx context.Context, path string, f store.Founding) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "finding %s", path)
	}
	dir := filepath.Dir(abs)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "making the folder of the store")
	}
	if err := checkFilesystem(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(abs); !errors.Is(err, fs.ErrNotExist) {
		return existsError(abs)
	}
	building := abs + ".new-" + f.ID.String()
	defer removeDatabase(building)
	if err := build(ctx, building, f); err != nil {
		return explain(err, "making the store")
	}
	if err := os.Link(building, abs); errors.Is(err, fs.ErrExist) {
		return existsError(abs)
	} else if err != nil {
		return fault.Wrap(fault.Internal, err, "putting the store in its place")
	}
	if err := syncFolder(dir); err != nil {
		removeDatabase(abs) // its keys go too when this fails: nobody could open it
		return err
	}
	return nil
}

// build makes the file itself first, because SQLite would create it readable
// for everybody.
func build(ctx context.Context, path string, f store.Founding) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	file.Close()
	e := &engine{path: path, files: newWatch(path)}
	if e.write, err = openWriter(path, forWriting); err != nil {
		return err
	}
	defer e.Close()
	if err := migrate(ctx, e.write); err != nil {
		return err
	}
	if err := store.Found(ctx, e, f); err != nil {
		return err
	}
	return e.Close()
}

// syncFolder makes a new name survive a power cut. Tests make it fail.
var syncFolder = func(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "opening the folder of the store")
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fault.Wrap(fault.Internal, err, "writing the folder of the store")
	}
	return nil
}

func existsError(path string) error {
	return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", path).WithHint("name another place with %s", fault.DB)
}

func removeDatabase(path string) {
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".intent", ".lock"} {
		os.Remove(path + end)
	}
}
