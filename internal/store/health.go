package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"

	"golang.org/x/sys/unix"
)

// maxDamage bounds what SQLite tells of a damaged file: behind the first lines
// nobody reads on.
const maxDamage = 20

// Damage asks SQLite whether its file is sound, and whether every reference
// finds its row. It reads every page.
func (s *Store) Damage(ctx context.Context) (found []string, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		err := q.each(fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxDamage), nil, func(rows *sql.Rows) error {
			var line string
			err := rows.Scan(&line)
			if line != "ok" {
				found = append(found, line)
			}
			return err
		})
		if err != nil {
			return err
		}
		return q.each(`PRAGMA foreign_key_check`, nil, func(rows *sql.Rows) error {
			var table, parent string
			var rowid, key sql.NullInt64
			err := rows.Scan(&table, &rowid, &parent, &key)
			if len(found) < maxDamage {
				found = append(found, fmt.Sprintf("row %d of table %s names a row of %s that is not there", rowid.Int64, table, parent))
			}
			return err
		})
	})
	if unreadable(ctx, err) {
		return append(found, err.Error()), nil
	}
	return found, err
}

// Abandoned counts the imports that were broken off and whose rows the next
// import will sweep. One that a living process loads is none.
func (s *Store) Abandoned(ctx context.Context) (n int, err error) {
	loads, err := s.loads(ctx)
	if err != nil {
		return 0, err
	}
	for _, batch := range loads {
		if !held(s.loadPath(batch)) {
			n++
		}
	}
	return n, nil
}

// held reports whether somebody holds a lock, without making one.
func held(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() // which also ends the lock
	return errors.Is(flock(f, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// LoggedBytes is the size of the write-ahead log, 0 without one.
func (s *Store) LoggedBytes() int64 {
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// SealedSeed is a seed as it is stored, with the fingerprint of the seed that was
// imported.
type SealedSeed struct {
	SerialKey string
	Sealed    []byte
	Print     int64
}

// SealedSeeds reads all seeds that are not destroyed, loading ones included.
func (s *Store) SealedSeeds(ctx context.Context) iter.Seq2[SealedSeed, error] {
	return func(yield func(SealedSeed, error) bool) {
		err := s.snapshot(ctx, func(q *queries) error {
			rows := stream(q, `SELECT serial_key, seed, fingerprint FROM token WHERE seed IS NOT NULL`, func(rows *sql.Rows) (x SealedSeed, err error) {
				err = rows.Scan(&x.SerialKey, &x.Sealed, &x.Print)
				return x, err
			})
			for x, err := range rows {
				if err != nil {
					return err
				}
				if !yield(x, nil) {
					return errEnough
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(SealedSeed{}, err)
		}
	}
}
