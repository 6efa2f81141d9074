package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/store"
)

// Create makes a store at path, which must not exist. A failure leaves nothing.
func Create(ctx context.Context, path string, f store.Founding) error {
	building := BuildingPath(path, f.ID)
	defer removeDatabase(building)
	if err := Build(ctx, building, f); err != nil {
		return err
	}
	return Place(building, path)
}

// BuildingPath is where the store of an id is built before it gets its place.
func BuildingPath(path string, id uuid.UUID) string { return path + ".new-" + id.String() }

// Build makes a whole store beside its place. A failure leaves nothing.
func Build(ctx context.Context, building string, f store.Founding) error {
	return buildAt(ctx, building, func(e *engine) error { return store.Found(ctx, e, f) })
}

func buildAt(ctx context.Context, building string, fill func(*engine) error) error {
	building, err := filepath.Abs(building)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "finding %s", building)
	}
	dir := filepath.Dir(building)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Wrap(fault.Internal, err, "making the folder of the store")
	}
	if err := checkFilesystem(dir); err != nil {
		return err
	}
	if err := build(ctx, building, fill); err != nil {
		removeDatabase(building)
		return explain(err, "making the store")
	}
	return syncFolder(dir)
}

// Place puts a store that was built under its name, if nothing has it.
func Place(building, path string) error {
	if err := os.Link(building, path); errors.Is(err, fs.ErrExist) {
		return fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", path).WithHint("name another place with %s", fault.DB)
	} else if err != nil {
		return fault.Wrap(fault.Internal, err, "putting the store in its place")
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		removeDatabase(path) // its keys go too when this fails: nobody could open it
		return err
	}
	removeDatabase(building)
	return nil
}

// Discard removes a store that was never put in its place.
func Discard(building string) { removeDatabase(building) }

// build makes the file itself first, because SQLite would create it readable
// for everybody.
func build(ctx context.Context, path string, fill func(*engine) error) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	file.Close()
	e := &engine{path: path, files: newWatch(path), line: newLine()}
	if e.write, err = openWriter(path, forBuilding); err != nil {
		return err
	}
	defer e.Close()
	if err := migrate(ctx, e.write); err != nil {
		return err
	}
	if err := fill(e); err != nil {
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

func removeDatabase(path string) {
	for _, end := range []string{"", "-wal", "-shm", "-journal", ".intent", ".lock"} {
		os.Remove(path + end)
	}
}

// CreateCopy makes a store at path with the rows of another one. The triggers come
// back once the rows are in: they let rows of the past in no more.
func CreateCopy(ctx context.Context, path string, tables []string, from *store.Store) error {
	building := BuildingPath(path, from.ID())
	defer removeDatabase(building)
	if err := buildAt(ctx, building, func(e *engine) error { return e.copyRows(ctx, tables, from) }); err != nil {
		return err
	}
	return Place(building, path)
}

func (e *engine) copyRows(ctx context.Context, tables []string, from *store.Store) error {
	w, err := e.Begin(ctx, false)
	if err != nil {
		return err
	}
	defer w.End()         //nolint:errcheck // it lets the lock go
	defer w.Tx.Rollback() //nolint:errcheck // after Commit it does nothing
	triggers := map[string]string{}
	err = eachRow(ctx, w.Tx, `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`, func(rows *sql.Rows) error {
		var name, made string
		err := rows.Scan(&name, &made)
		triggers[name] = made
		return err
	})
	for name := range triggers {
		if err == nil {
			_, err = w.Tx.ExecContext(ctx, `DROP TRIGGER `+name)
		}
	}
	if err == nil {
		err = from.CopyRows(ctx, tables, w.Insert)
	}
	for _, made := range triggers {
		if err == nil {
			_, err = w.Tx.ExecContext(ctx, made)
		}
	}
	if err != nil {
		return err
	}
	return w.Tx.Commit()
}
