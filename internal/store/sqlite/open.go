package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"fob/internal/fault"
	"fob/internal/store"
)

// Open opens a store for reading and writing; a writer waits for its turn as long
// as it takes.
func Open(ctx context.Context, path string) (*store.Store, error) {
	return OpenPatient(ctx, path, store.Patience{})
}

// OpenPatient opens a store whose writers wait for their turn as they are told to.
func OpenPatient(ctx context.Context, path string, p store.Patience) (*store.Store, error) {
	abs, err := locate(path)
	if err != nil {
		return nil, err
	}
	if err := checkWritable(abs); err != nil {
		return nil, err
	}
	e := &engine{path: abs, files: newWatch(abs), patience: p, line: newLine(), folding: newBackground()}
	if e.read, err = openReaders(readAddress(abs)); err != nil {
		return nil, openError(err, abs)
	}
	if e.write, err = openWriter(abs, forWriting); err != nil {
		return nil, err
	}
	return e.ready(ctx, e.upgrade, store.New)
}

// OpenReadOnly opens a store for reading; an auditor's copy on a read-only
// medium will do.
func OpenReadOnly(ctx context.Context, path string) (*store.Store, error) {
	return openToRead(ctx, path, store.New)
}

// Examine opens a store for those who tell what is wrong with it.
func Examine(ctx context.Context, path string) (*store.Store, error) {
	return openToRead(ctx, path, store.Examine)
}

type makeStore = func(context.Context, store.Engine) (*store.Store, error)

func openToRead(ctx context.Context, path string, make makeStore) (*store.Store, error) {
	abs, err := locate(path)
	if err != nil {
		return nil, err
	}
	e := &engine{path: abs, line: newLine()}
	if e.read, err = openReader(ctx, abs); err != nil {
		return nil, err
	}
	return e.ready(ctx, func(context.Context) error {
		return fault.Errorf(fault.Internal, "%s was written by an older fob", abs).
			WithHint("any command that writes brings it up to date, with a backup beside it")
	}, make)
}

// ready checks the schema through the reader: the writer would turn whatever
// database it opens to WAL mode, another program's too.
func (e *engine) ready(ctx context.Context, old func(context.Context) error, make makeStore) (*store.Store, error) {
	version, err := checkSchema(ctx, e.read, e.path)
	if err == nil && version < schemaVersion {
		err = old(ctx)
	}
	var s *store.Store
	if err == nil {
		s, err = make(ctx, e)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return s, nil
}

// readAddress is for reading where writing were possible: mode=ro would leave
// the log and the shared memory behind when it closes last.
func readAddress(path string) string {
	return address(path, url.Values{"mode": {"rw"}}, forReading)
}

// openReader opens as immutable where SQLite could not make the shared memory
// beside a database in WAL mode, or could but would leave it there. That is
// right only for a database at rest, so one with a log beside it is opened with
// it or refused.
func openReader(ctx context.Context, path string) (*sql.DB, error) {
	if checkWritable(path) == nil && checkWritable(filepath.Dir(path)) == nil {
		return openReaders(readAddress(path))
	}
	immutable := address(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}, forReading)
	info, err := os.Stat(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return openReaders(immutable)
	}
	logged := err != nil || info.Size() > 0
	db, err := openReaders(address(path, url.Values{"mode": {"ro"}}, forReading))
	if err != nil {
		return nil, openError(err, path)
	}
	var n int
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&n)
	if err == nil || !cannotOpen(err) {
		return db, nil // checkSchema meets other errors again
	}
	db.Close()
	if logged {
		return nil, fault.Wrap(fault.Internal, err, "%s was copied while it was in use: a log lies beside it that cannot be read here", path).
			WithHint("copy the database when no fob is running, or copy both files into a writable folder")
	}
	return openReaders(immutable)
}

// locate finds the database and refuses places where SQLite's locks do not work.
func locate(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "finding %s", path)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.Errorf(fault.Internal, "there is no store at %s", abs).WithHint("make one with %s, or name one, or a copy of one, with %s", initStore, fault.DB)
	case err != nil:
		return "", fault.Wrap(fault.Internal, err, "the store cannot be opened")
	case info.IsDir():
		return "", fault.Errorf(fault.Internal, "%s is a folder and no store", abs).WithHint("name the database in it with %s", fault.DB)
	case !info.Mode().IsRegular():
		return "", fault.Errorf(fault.Internal, "%s is no ordinary file", abs).WithHint("name the database with %s", fault.DB)
	}
	return abs, checkFilesystem(filepath.Dir(abs))
}

var initStore = fault.Do("init")
