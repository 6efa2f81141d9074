package store

import (
	"context"
	"database/sql"
	"net/url"

	"fob/internal/desk"
)

// loaderPragmas are those of the connection that slices of a loading batch go
// through. What they contain was made here and checked before: the constraints
// that the trail relies on (unique serials and fingerprints) hold as ever, but
// checking again each row's ranges and the rows that it points to, which this
// same transaction found, took a fifth of an insert. Nobody sees these rows until
// a last transaction of the ordinary connection, which waits for the disk, has
// made them visible; so the slices themselves need not wait for it. The log is
// folded back between slices, when nobody waits for this process.
var loaderPragmas = []string{
	"journal_mode(wal)", "foreign_keys(0)", "ignore_check_constraints(1)", "synchronous(1)",
	"cache_size(-10240)", "wal_autocheckpoint(0)",
}

// maxLogged is how many pages the log may have before they are folded back: well
// below the number at which the desk's own commits would do it.
const maxLogged = 6000

// Load runs fn as Update does, for a slice of a loading batch.
func (s *Store) Load(ctx context.Context, fn func(desk.Tx) error) error {
	if s.load == nil {
		db, err := sql.Open("sqlite", address(s.path, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}, loaderPragmas...))
		if err != nil {
			return storeError(err, "opening the store for loading")
		}
		db.SetMaxOpenConns(1)
		s.load = db
	}
	if err := s.updateOn(ctx, s.load, func(q *queries) error { return fn(q) }); err != nil {
		return err
	}
	return storeError(s.foldLog(ctx), "writing to the store")
}

// foldLog copies the log into the database once it is long. It takes nobody's
// turn: others write on meanwhile.
func (s *Store) foldLog(ctx context.Context) error {
	var busy, logged, folded int
	if err := s.load.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &logged, &folded); err != nil || logged-folded < maxLogged {
		return err
	}
	_, err := s.load.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

// endLoad closes the loader's connection and leaves a short log behind. Somebody
// who reads meanwhile keeps it long, and is not waited for: the next one who
// closes the store last shortens it.
func (s *Store) endLoad() {
	if s.load == nil {
		return
	}
	for _, q := range []string{"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA busy_timeout=100", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.load.Exec(q); err != nil {
			break // all is stored; only the log stays long
		}
	}
	s.load.Close()
	s.load = nil
}
