package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"

	"fob/internal/fault"
	"fob/internal/store"
)

// Migrations are forward only.
//
//go:embed schema
var migrations embed.FS

const (
	// applicationID is "fob1": no other SQLite database has it.
	applicationID = 0x666f6231
	// schemaVersion is what the last migration sets user_version to.
	schemaVersion = 1
)

// migrate brings the schema up to date. Versions were compared before: goose
// itself says nothing of a database newer than its migrations.
func migrate(ctx context.Context, db *sql.DB) error {
	folder, err := fs.Sub(migrations, "schema")
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
			WithHint("name the store with %s, or make one with %s", fault.DB, initStore)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, openError(err, path)
	}
	if version > schemaVersion {
		if migrated, err := migratedTo(ctx, db); err == nil && migrated <= schemaVersion {
			return 0, fault.Errorf(fault.Integrity, "%s says that its schema is %d, but its tables are those of schema %d: something else than fob wrote user_version", path, version, migrated).
				WithHint("keep a copy; restore a backup, or set it back with the sqlite3 shell, `PRAGMA user_version = %d`, and verify the trail", migrated)
		}
		return 0, fault.Errorf(fault.Internal, "%s was written by a newer fob (schema %d, this program knows %d)", path, version, schemaVersion).
			WithHint("use the newer fob; nothing was changed")
	}
	return version, nil
}

// migratedTo is the newest migration that was run.
func migratedTo(ctx context.Context, db *sql.DB) (version int, err error) {
	var kind string // of a view nobody knows whether it has an end
	if err = db.QueryRowContext(ctx, "SELECT type FROM sqlite_schema WHERE name = 'goose_db_version'").Scan(&kind); err != nil {
		return 0, err
	}
	if kind != "table" {
		return 0, fault.Errorf(fault.Integrity, "the schema of the store is not fob's: goose_db_version is a %s", kind)
	}
	err = db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = 1").Scan(&version)
	return version, err
}

// upgrade migrates an older store, with a backup beside it first. Another
// process may have done it while this one waited for its turn.
func (e *engine) upgrade(ctx context.Context) error {
	lock, err := e.turn(ctx)
	if err != nil {
		return err
	}
	defer lock.release()
	version, err := checkSchema(ctx, e.write, e.path)
	if err != nil || version == schemaVersion {
		return err
	}
	if _, err := migratedTo(ctx, e.write); err != nil {
		return err
	}
	if err := e.backup(ctx, fmt.Sprintf("%s.schema-%d", e.path, version)); err != nil {
		return err
	}
	if err := migrate(ctx, e.write); err != nil {
		return err
	}
	// A migration that was run before says nothing; its version may have been lowered.
	_, err = e.write.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
	return err
}

// backup copies the database to path, readable for its owner only from the
// first byte. What a run that was killed left there is replaced.
func (e *engine) backup(ctx context.Context, path string) error {
	const doing = "making a backup before the upgrade"
	making := path + ".new"
	if err := os.Remove(making); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Internal, err, doing)
	}
	file, err := os.OpenFile(making, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Wrap(fault.Internal, err, doing)
	}
	file.Close()
	defer os.Remove(making)
	if _, err := e.write.ExecContext(ctx, "VACUUM INTO $1", making); err != nil {
		return openError(err, making)
	}
	return os.Rename(making, path)
}

// SchemaProblems compares the statements that made everything in the schema with
// those of a new store. A trigger or an index that is gone lets in what it was to
// keep out, and one that was added can change rows that fob writes.
func (e *engine) SchemaProblems(ctx context.Context, tx *sql.Tx) (problems []store.SchemaProblem, err error) {
	want, err := newObjects()
	if err != nil {
		return nil, err
	}
	found, err := readObjects(ctx, tx)
	if err != nil {
		return nil, err
	}
	return store.CompareSchema(want, found), nil
}

// schemaText is everything in the schema with the statement that made it, in one row:
// quicker than readObjects, which tells what differs. An index without a statement is
// part of its table's. They are counted: one row can hold the text of two.
const schemaText = `SELECT count(*) || char(0) || group_concat(type || char(0) || name || char(0) || tbl_name || char(0) || sql, char(0) ORDER BY type, name) FROM sqlite_schema ` + ofStore + ` AND sql IS NOT NULL`

// newText is what schemaText is of a new store, taken from the statements of the
// migrations without running them. A test compares; where it should ever be another,
// SchemaForbids only takes longer.
var newText = sync.OnceValue(func() string {
	var rows []string
	files, _ := fs.Glob(migrations, "schema/*.sql") // the pattern is right
	for _, name := range files {
		content, _ := migrations.ReadFile(name) // it is embedded
		rows = append(rows, statements(string(content))...)
	}
	slices.Sort(rows)
	return strconv.Itoa(len(rows)) + "\x00" + strings.Join(rows, "\x00")
})

var (
	creates = regexp.MustCompile(`^CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER) (\w+)`)
	isOn    = regexp.MustCompile(` ON (\w+)`)
)

// statements are those that make something, as rows of schemaText.
func statements(script string) (rows []string) {
	var kind, name, made string
	for line := range strings.Lines(script) {
		if m := creates.FindStringSubmatch(line); m != nil && kind == "" {
			kind, name = strings.ToLower(m[1]), m[2]
		}
		if kind == "" {
			continue
		}
		made += line
		code, _, _ := strings.Cut(line, "--")
		ends := strings.HasSuffix(strings.TrimSpace(code), ";")
		if kind == "trigger" { // which has statements in it
			ends = strings.HasPrefix(line, "-- +goose StatementEnd")
		}
		if !ends {
			continue
		}
		made = made[:strings.LastIndex(made, ";")]
		table := name
		if on := isOn.FindStringSubmatch(made); kind != "table" && on != nil {
			table = on[1]
		}
		rows = append(rows, strings.Join([]string{kind, name, table, made}, "\x00"))
		kind, made = "", ""
	}
	return rows
}

// ofStore leaves out the tables of goose, and those that SQLite keeps for itself: the
// counters of AUTOINCREMENT, and the statistics that ANALYZE leaves. What hangs on
// them, a trigger say, is not left out.
const ofStore = `WHERE NOT (type = 'table' AND (name IN ('goose_db_version', 'sqlite_sequence') OR name LIKE 'sqlite\_stat%' ESCAPE '\'))`

// SchemaForbids lists whatever differs: nobody but fob has any business in the file. A
// connection compares once for each version of the schema. When it is not its first time,
// SQLite reads it anew, so that what it holds in memory is what is compared.
func (e *engine) SchemaForbids(ctx context.Context, tx *sql.Tx) ([]store.SchemaProblem, error) {
	var version int64
	if err := tx.QueryRowContext(ctx, versionQuery).Scan(&version); err != nil {
		return nil, err
	}
	known, _ := e.on.Load(tx)
	c := known.(*connection)
	if c.compared == version && version != 0 {
		c.checked = true
		return nil, nil
	}
	if c.used {
		if err := c.forget(ctx); err != nil {
			return nil, err
		}
	}
	c.compared, c.used = 0, true
	text, err := readText(ctx, tx)
	if err != nil {
		return nil, err
	}
	if text != newText() {
		return e.SchemaProblems(ctx, tx)
	}
	c.compared, c.checked = version, true
	return nil, nil
}

func readText(ctx context.Context, tx *sql.Tx) (text string, err error) {
	var found sql.NullString
	err = tx.QueryRowContext(ctx, schemaText).Scan(&found)
	return found.String, err
}

// newObjects are those of a new store; they are the same as long as the program
// runs.
var newObjects = sync.OnceValues(func() (map[string]string, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	return readObjects(ctx, db)
})

// readObjects reads every table, index, trigger and view with the statement
// that made it.
func readObjects(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT type || ' ' || name, tbl_name || ': ' || COALESCE(sql, '') FROM sqlite_schema `+ofStore)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var what, made string
		if err := rows.Scan(&what, &made); err != nil {
			return nil, err
		}
		found[what] = made
	}
	return found, rows.Err()
}
