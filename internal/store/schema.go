package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"fob/internal/fault"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// One folder an engine. Migrations are forward only.
//
//go:embed migrations
var migrations embed.FS

const (
	// applicationID is "fob1": it tells a store from any other SQLite database.
	applicationID = 0x666f6231
	// schemaVersion is what the last migration sets user_version to.
	schemaVersion = 12
)

// migrate brings the schema up to date. Versions were compared before: goose
// itself says nothing of a database newer than its migrations.
func migrate(ctx context.Context, db *sql.DB) error {
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// checkSchema refuses what is not a store, or not one of this program's age.
func checkSchema(ctx context.Context, db *sql.DB, path string) (version int, err error) {
	var id int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, openError(err, path)
	}
	if id != applicationID {
		return 0, fault.Errorf(fault.Internal, "%s is a database, but not a store of fob's", path).
			WithHint("name the store with --db or FOB_DB, or make one with `fob init`")
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, openError(err, path)
	}
	if version > schemaVersion {
		return 0, fault.Errorf(fault.Internal, "%s was written by a newer fob (schema %d, this program knows %d)", path, version, schemaVersion).
			WithHint("use the newer fob; nothing was changed")
	}
	return version, nil
}
