package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"fob/internal/fault"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the engine
)

// Store is an open database.
type Store struct {
	path  string
	id    uuid.UUID
	write *sql.DB // nil when opened for reading
	read  *sql.DB
	load  *sql.DB // of a large import, while it holds its lock; else nil
}

// pragmas hold for every connection, so they stand in the address: a PRAGMA
// that is executed reaches one connection of the pool only. FULL because a
// binding that was confirmed on the phone must survive a power cut;
// secure_delete because overwritten seeds, though sealed, should not linger.
var pragmas = []string{
	"busy_timeout(10000)", "foreign_keys(1)", "trusted_schema(0)", "recursive_triggers(1)",
	"secure_delete(1)", "cell_size_check(1)", "temp_store(2)", "synchronous(2)",
}

// address has the pragmas, those of extra in the place of the usual ones of the same
// name: the driver sorts them, so that of two with one name the higher value would
// hold.
func address(path string, query url.Values, extra ...string) string {
	usual := slices.DeleteFunc(slices.Clone(pragmas), func(p string) bool {
		return slices.ContainsFunc(extra, func(e string) bool { return pragmaName(e) == pragmaName(p) })
	})
	for _, p := range append(usual, extra...) {
		query.Add("_pragma", p)
	}
	query.Set("_dqs", "0")
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

func pragmaName(p string) string {
	name, _, _ := strings.Cut(p, "(")
	return name
}

// Open opens a store for reading and writing.
func Open(ctx context.Context, path string) (*Store, error) {
	abs, err := locate(path)
	if err != nil {
		return nil, err
	}
	if err := checkWritable(abs); err != nil {
		return nil, err
	}
	s := &Store{path: abs}
	if s.read, err = sql.Open("sqlite", readAddress(abs)); err != nil {
		return nil, openError(err, abs)
	}
	if s.write, err = sql.Open("sqlite", address(abs, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}},
		"journal_mode(wal)", "cache_size(-65536)", "wal_autocheckpoint(10000)")); err != nil {
		return nil, openError(err, abs)
	}
	s.write.SetMaxOpenConns(1)
	// Looked at through the reader: the writer would turn whatever database it
	// opens to WAL mode, another program's too.
	return s.ready(ctx, s.read, s.upgrade)
}

// OpenReadOnly opens a store for reading; an auditor's copy on a read-only
// medium will do.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	abs, err := locate(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: abs}
	if s.read, err = openReader(ctx, abs); err != nil {
		return nil, err
	}
	return s.ready(ctx, s.read, func(context.Context) error {
		return fault.Errorf(fault.Internal, "%s was written by an older fob", abs).
			WithHint("any command that writes brings it up to date, with a backup beside it")
	})
}

// readAddress is for reading where writing were possible: mode=ro would leave
// the log and the shared memory behind when it closes last.
func readAddress(path string) string {
	return address(path, url.Values{"mode": {"rw"}}, "query_only(1)")
}

// openReader opens as immutable where SQLite could not make the shared memory
// beside a database in WAL mode, or could but would leave it there. That is
// right only for a database at rest, so one with a log beside it is opened with
// it or refused.
func openReader(ctx context.Context, path string) (*sql.DB, error) {
	if checkWritable(path) == nil && checkWritable(filepath.Dir(path)) == nil {
		return sql.Open("sqlite", readAddress(path))
	}
	info, err := os.Stat(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return openImmutable(path)
	}
	logged := err != nil || info.Size() > 0
	db, err := sql.Open("sqlite", address(path, url.Values{"mode": {"ro"}}, "query_only(1)"))
	if err != nil {
		return nil, openError(err, path)
	}
	var n int
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&n)
	if err == nil || !cannotOpen(err) {
		return db, nil // other errors are told by checkSchema
	}
	db.Close()
	if logged {
		return nil, fault.Wrap(fault.Internal, err, "%s was copied while it was in use: a log lies beside it that cannot be read here", path).
			WithHint("copy the database when no fob is running, or copy both files into a writable folder")
	}
	return openImmutable(path)
}

func openImmutable(path string) (*sql.DB, error) {
	return sql.Open("sqlite", address(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}, "query_only(1)"))
}

func (s *Store) ready(ctx context.Context, db *sql.DB, old func(context.Context) error) (*Store, error) {
	version, err := checkSchema(ctx, db, s.path)
	if err == nil && version < schemaVersion {
		err = old(ctx)
	}
	if err == nil {
		err = s.readID(ctx, db)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) readID(ctx context.Context, db *sql.DB) error {
	var text string
	err := db.QueryRowContext(ctx, "SELECT uuid FROM store").Scan(&text)
	if notFound(err) {
		return fault.Errorf(fault.Integrity, "%s has lost the row that says which store it is", s.path).
			WithHint("keep this database as it is, and restore a backup")
	}
	if err != nil {
		return openError(err, s.path)
	}
	id, err := uuid.Parse(text)
	if err == nil && id.String() != text {
		err = errors.New("it is spelt as fob does not")
	}
	if err != nil {
		return fault.Wrap(fault.Integrity, err, "%s has no readable store id", s.path)
	}
	s.id = id
	return nil
}

// upgrade migrates an older store, with a backup beside it first. Another
// process may have done it while this one waited for its turn.
func (s *Store) upgrade(ctx context.Context) error {
	lock, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer lock.release()
	version, err := checkSchema(ctx, s.write, s.path)
	if err != nil || version == schemaVersion {
		return err
	}
	if err := s.backup(ctx, fmt.Sprintf("%s.schema-%d", s.path, version)); err != nil {
		return err
	}
	return migrate(ctx, s.write)
}

// backup copies the database to path, readable for its owner only from the
// first byte. What a run that was killed left there is replaced.
func (s *Store) backup(ctx context.Context, path string) error {
	making := path + ".new"
	if err := os.Remove(making); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Internal, err, "making a backup before the upgrade")
	}
	file, err := os.OpenFile(making, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "making a backup before the upgrade")
	}
	file.Close()
	defer os.Remove(making)
	if _, err := s.write.ExecContext(ctx, "VACUUM INTO $1", making); err != nil {
		return openError(err, making)
	}
	return os.Rename(making, path)
}

// Close ends all connections; the last writer also folds the log back.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.load, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// ID is the store's own id.
func (s *Store) ID() uuid.UUID { return s.id }

// Path is the database's absolute path.
func (s *Store) Path() string { return s.path }

// locate finds the database and refuses places where SQLite's locks do not work.
func locate(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "finding %s", path)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.Errorf(fault.Internal, "there is no store at %s", abs).
			WithHint("make one with `fob init`, or name one with --db or FOB_DB")
	case err != nil:
		return "", fault.Wrap(fault.Internal, err, "the store cannot be opened")
	case info.IsDir():
		return "", fault.Errorf(fault.Internal, "%s is a folder and no store", abs).WithHint("name the database in it with --db or FOB_DB")
	case !info.Mode().IsRegular():
		return "", fault.Errorf(fault.Internal, "%s is no ordinary file", abs).WithHint("name the database with --db or FOB_DB")
	}
	return abs, checkFilesystem(filepath.Dir(abs))
}
