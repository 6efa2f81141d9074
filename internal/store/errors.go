package store

import (
	"database/sql"
	"errors"
	"fob/internal/fault"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// code gives SQLite's primary result code, 0 when err is none of SQLite's.
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

func isUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// openError puts into words why a database cannot be opened.
func openError(err error, path string) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return fault.Errorf(fault.Internal, "%s is not a database", path).
			WithHint("name the store with --db or FOB_DB")
	case sqlite3.SQLITE_CORRUPT:
		return fault.Wrap(fault.Internal, err, "%s is damaged", path).
			WithHint("restore a backup; keep the damaged file")
	}
	return storeError(err, "opening "+path)
}

// storeError gives SQLite's errors a kind and, where a person can do
// something, the next step. Errors that have a kind pass unchanged.
func storeError(err error, doing string) error {
	var known *fault.Error
	if code(err) == 0 || errors.As(err, &known) {
		return err // none of SQLite's, or dressed already
	}
	wrapped := fault.Wrap(fault.Internal, err, "%s", doing)
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		return wrapped.WithHint("the disk is full; nothing of this command was stored")
	case sqlite3.SQLITE_IOERR:
		return wrapped.WithHint("the disk failed or is full; nothing of this command was stored")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return wrapped.WithHint("the database or its folder cannot be written by this user")
	case sqlite3.SQLITE_BUSY:
		return wrapped.WithHint("another program holds the database; try again when it is done")
	case sqlite3.SQLITE_CONSTRAINT:
		return wrapped.WithHint("this is a defect of fob: report it with this message; nothing was changed")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return wrapped.WithHint("the database is damaged: keep it, and restore a backup")
	}
	return wrapped
}

// IsDamaged tells of an error whether the database file itself is broken.
func IsDamaged(err error) bool { return code(err) == sqlite3.SQLITE_CORRUPT }

func notFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }
