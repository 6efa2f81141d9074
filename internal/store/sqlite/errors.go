package sqlite

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"fob/internal/fault"
)

// code returns SQLite's primary result code, 0 when err is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func cannotOpen(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CANTOPEN || c == sqlite3.SQLITE_READONLY
}

func (e *engine) IsTaken(err error) bool {
	var s *sqlite.Error
	return errors.As(err, &s) &&
		(s.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || s.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// IsUnreadable also holds for what database/sql cannot make of a value.
func (e *engine) IsUnreadable(err error) bool {
	switch code(err) {
	case 0, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return false
}

// IsDamaged reports whether an error says that the database file is broken.
func IsDamaged(err error) bool { return code(err) == sqlite3.SQLITE_CORRUPT }

// isFull reports whether a disk has no room left. Reading takes room too: 32 kB of
// shared memory beside the database, which cannot be made on a full disk.
func isFull(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (code(err) == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE)
}

// doRestore names the log: a database without its own, or beside one of another day,
// is damaged too.
const doRestore = "keep the database with the -wal and -shm beside it as they are, and restore a backup; a -wal that was removed, or put back from another day, damages it too"

// openError puts into words why a database cannot be opened.
func openError(err error, path string) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		err := fault.Errorf(fault.Internal, "%s is not a database", path).WithHint("name the store with %s", fault.DB)
		if slices.Contains([]string{".xlsx", ".csv", ".zip", ".json"}, strings.ToLower(filepath.Ext(path))) {
			err = err.WithHint("name the store with %s; if this is an export, %s proves it without a store", fault.DB, fault.Do("verify-export", path))
		}
		return err
	case sqlite3.SQLITE_CORRUPT:
		return fault.Wrap(fault.Integrity, err, "%s is damaged", path).WithHint(doRestore)
	}
	return explain(err, "opening "+path)
}

func (e *engine) Explain(err error, doing string) error { return explain(err, doing) }

// explain words SQLite's errors and, where a person can do something, the next
// step.
func explain(err error, doing string) error {
	var known *fault.Error
	if code(err) == 0 || errors.As(err, &known) {
		return err // none of SQLite's, or explained already
	}
	if isFull(err) {
		return fault.Errorf(fault.Internal, "the disk of the store is full; nothing more was stored").WithHint("make room, then try again")
	}
	if code(err) == sqlite3.SQLITE_IOERR {
		return fault.Wrap(fault.Internal, err, "the disk of the store failed; nothing more was stored").
			WithHint("make room if it is full; else keep a copy of the database, and replace the disk")
	}
	wrapped := fault.Wrap(fault.Internal, err, "%s", doing)
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fault.Wrap(fault.Integrity, err, "%s: the database is damaged", doing).WithHint(doRestore)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return wrapped.WithHint("the database or its folder cannot be written by this user")
	case sqlite3.SQLITE_BUSY:
		return wrapped.WithHint("another program holds the database; try again when it is done")
	case sqlite3.SQLITE_CONSTRAINT:
		return wrapped.WithHint("this is a defect of fob: report it with this message; nothing was changed")
	}
	return wrapped
}
