package app

import (
	"context"
	"slices"

	"fob/internal/custody"
	"fob/internal/fault"
	"fob/internal/store"
	"fob/internal/store/postgres"
	"fob/internal/store/sqlite"
	"fob/internal/trail"
)

// onServer reports whether the store is in a server's database, and in no file.
func (c Config) onServer() bool { return postgres.IsAddress(c.DB) }

// placesOfFiles are the files that the keys and the store are in.
func (c Config) placesOfFiles() []string {
	if c.onServer() {
		return []string{c.Identity}
	}
	return []string{c.DB, c.Identity}
}

// keepApart refuses an identity in the folder of the database.
func (c Config) keepApart(db string) error {
	if c.onServer() {
		return nil
	}
	return custody.KeepApart(c.Identity, db)
}

// Migrated says what a migration copied.
type Migrated struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Events int64  `json:"events"`
	Head   string `json:"head"`
}

// Migrate copies a store, whole and as it is, into a new database of either engine.
// Both are verified; nothing at the source is changed, and a migration that does not
// come to its end leaves nothing at the target.
func (c Config) Migrate(ctx context.Context, to string) (m Migrated, err error) {
	s, err := c.openReadOnly(ctx)
	if err != nil {
		return m, err
	}
	defer s.Close()
	target := c
	target.DB = to
	if !target.onServer() && exists(to) {
		return m, fault.Errorf(fault.NotAllowed, "%s exists already; nothing was changed", to).WithHint("name another place with %s", fault.ToState)
	}
	defer boundMemory()()
	before, err := verified(ctx, s)
	if err != nil {
		return m, err
	}
	copyTo := sqlite.CreateCopy
	if target.onServer() {
		copyTo = func(ctx context.Context, to string, _ []string, s *store.Store) error {
			return postgres.CreateCopy(ctx, to, s)
		}
	}
	if err := copyTo(ctx, to, postgres.Tables(), s); err != nil {
		return m, err
	}
	copied, err := target.openCopy(ctx)
	if err != nil {
		return m, err
	}
	defer copied.Close()
	after, err := verified(ctx, copied)
	if err == nil && after.Head != before.Head {
		err = fault.Errorf(fault.Integrity, "the copy ends with another event than what was copied: somebody wrote meanwhile").
			WithHint("remove the copy, and migrate while nobody writes")
	}
	return Migrated{s.Where(), copied.Where(), after.Events, after.Head.String()}, err
}

func verified(ctx context.Context, s *store.Store) (trail.Report, error) {
	r, err := s.Verify(ctx, nil)
	if err == nil && !r.OK() {
		err = fault.Errorf(fault.Integrity, "%s does not verify: %s", s.Where(), slices.Concat(r.Problems, []string{""})[0]).
			WithHint("%s lists all that is wrong with it", fault.Do("audit verify"))
	}
	return r, err
}
