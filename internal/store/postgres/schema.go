package postgres

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"fob/internal/fault"
	"fob/internal/store"
)

// schemaVersion stands in table schema_version.
const schemaVersion = 1

// The tables are made of SQLite's by a test, which keeps them the same; rules are
// what has no like in SQLite's words. objects is what the catalogue says of a new
// store, digest what catalogueDigest does.
var (
	//go:embed schema/1_tables.sql
	tablesSQL string
	//go:embed schema/2_rules.sql
	rulesSQL string
	//go:embed schema/objects.txt
	objectsText string
	//go:embed schema/digest.txt
	digestText string
)

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// Tables are the tables of a store, each behind those that it refers to.
func Tables() (names []string) {
	for _, m := range createTable.FindAllStringSubmatch(tablesSQL, -1) {
		names = append(names, m[1])
	}
	return names
}

// schemaOf is the version of the schema, 0 where there is none.
func schemaOf(ctx context.Context, db rower) (version int, err error) {
	err = db.QueryRowContext(ctx, versionSelect).Scan(&version)
	if code(err) == noTable {
		return 0, nil
	}
	return version, err
}

const versionSelect = `SELECT version FROM schema_version`

// known refuses a schema that is not one of this program's.
func (e *engine) known(ctx context.Context, db rower) error {
	version, err := schemaOf(ctx, db)
	switch {
	case err != nil:
		return err
	case version == 0:
		return fault.Errorf(fault.Internal, "there is no store at %s: the database has no tables of fob's", e.where).
			WithHint("make one with %[2]s, or name another with %[1]s", fault.DB, fault.Do("init"))
	case version > schemaVersion:
		return fault.Errorf(fault.Internal, "%s was written by a newer fob (schema %d, this program knows %d)", e.where, version, schemaVersion).
			WithHint("use the newer fob; nothing was changed")
	}
	return nil
}

// Create makes a store in an empty database. The schema comes whole or not at all;
// one that a creation left empty is used.
func Create(ctx context.Context, address string, f store.Founding) error {
	return create(ctx, address, func(*sql.Conn, *sql.Tx) error { return nil }, func(e *engine) error { return store.Found(ctx, e, f) })
}

// CreateCopy makes a store in an empty database with the rows of another one, all in
// one transaction.
func CreateCopy(ctx context.Context, address string, from *store.Store) error {
	return create(ctx, address, func(conn *sql.Conn, tx *sql.Tx) error {
		insert := func(table string, columns []string, rows [][]any) error {
			return copyInto(ctx, conn, table, columns, rows)
		}
		if err := from.CopyRows(ctx, Tables(), insert); err != nil {
			return err
		}
		return countOn(ctx, tx)
	}, func(*engine) error { return nil })
}

// create makes the tables, fills them, adds the rules, which let rows of the past in
// no more, and the rights of the roles.
func create(ctx context.Context, address string, fill func(*sql.Conn, *sql.Tx) error, found func(*engine) error) error {
	e, err := connect(address, false)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.createSchema(ctx, fill); err != nil {
		return explain(err, "making the store", e.where)
	}
	return explain(found(e), "making the store", e.where)
}

func (e *engine) createSchema(ctx context.Context, fill func(*sql.Conn, *sql.Tx) error) error {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := e.dropEmpty(ctx, tx); err != nil {
		return err
	}
	if err := script(ctx, tx, tablesSQL); err != nil {
		return err
	}
	if err := fill(conn, tx); err != nil {
		return err
	}
	if err := script(ctx, tx, rulesSQL); err != nil {
		return err
	}
	if err := applyRoles(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// dropEmpty refuses a database that is not empty, and removes a schema that was made
// by a creation that did not come to its end.
func (e *engine) dropEmpty(ctx context.Context, tx *sql.Tx) error {
	var objects int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r','p','v','m','f')`).Scan(&objects); err != nil || objects == 0 {
		return err
	}
	version, err := schemaOf(ctx, tx)
	if err != nil {
		return err
	}
	if version == 0 {
		return fault.Errorf(fault.NotAllowed, "%s holds tables of another program; nothing was changed", e.where).
			WithHint("name an empty database with %s", fault.DB)
	}
	var stores int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM store`).Scan(&stores); err != nil {
		return err
	}
	if stores > 0 {
		return fault.Errorf(fault.NotAllowed, "%s holds a store already; nothing was changed", e.where).WithHint("name another database with %s", fault.DB)
	}
	for _, name := range slices.Backward(slices.Concat(Tables(), []string{"schema_version", "load_hold"})) {
		if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` CASCADE`); err != nil {
			return err
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^CREATE FUNCTION (\w+)`).FindAllStringSubmatch(rulesSQL, -1) {
		if _, err := tx.ExecContext(ctx, `DROP FUNCTION IF EXISTS `+m[1]+`()`); err != nil {
			return err
		}
	}
	return nil
}

// script runs many statements.
func script(ctx context.Context, tx *sql.Tx, text string) error {
	_, err := tx.ExecContext(ctx, text, pgx.QueryExecModeSimpleProtocol)
	return err
}

// countOn makes ids that are counted up go on behind those that were copied.
func countOn(ctx context.Context, tx *sql.Tx) error {
	for _, name := range Tables() {
		var sequence *string
		err := tx.QueryRowContext(ctx, `SELECT pg_get_serial_sequence($1, a.attname) FROM pg_attribute a
			WHERE a.attrelid = $1::regclass AND a.attname = 'id' UNION ALL SELECT NULL LIMIT 1`, name).Scan(&sequence)
		if err != nil {
			return err
		}
		if sequence == nil {
			continue
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`SELECT setval('%s', (SELECT COALESCE(MAX(id), 0) + 1 FROM %s), false)`, *sequence, name)); err != nil {
			return err
		}
	}
	return nil
}

// SchemaProblems compares the catalogue with that of a new store.
func (e *engine) SchemaProblems(ctx context.Context, tx *sql.Tx) (problems []store.SchemaProblem, err error) {
	if err := e.known(ctx, tx); err != nil {
		return nil, err
	}
	found, err := readObjects(ctx, tx)
	if err != nil {
		return nil, err
	}
	want := map[string]string{}
	for line := range strings.Lines(objectsText) {
		what, made, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		want[what] = made
	}
	return store.CompareSchema(want, found), nil
}

// SchemaForbids looks once: the catalogue takes too long to read for every transaction,
// and the roles keep all but the owner from the schema.
// What others put beside the tables is not read: views, tables and indexes.
func (e *engine) SchemaForbids(ctx context.Context, tx *sql.Tx) ([]store.SchemaProblem, error) {
	if e.compared.Load() {
		return nil, nil
	}
	e.Ahead(ctx, tx, []store.Ask{{Query: versionSelect}, {Query: catalogueDigest}})
	if err := e.known(ctx, tx); err != nil {
		return nil, err
	}
	var digest string
	if err := tx.QueryRowContext(ctx, catalogueDigest).Scan(&digest); err != nil {
		return nil, err
	}
	if digest == strings.TrimSpace(digestText) {
		e.compared.Store(true)
		return nil, nil
	}
	problems, err := e.SchemaProblems(ctx, tx)
	problems = slices.DeleteFunc(problems, func(p store.SchemaProblem) bool {
		kind, _, _ := strings.Cut(p.Object, " ")
		return p.Is == store.AddedObject && slices.Contains([]string{"table", "view", "relation", "index", "constraint"}, kind)
	})
	if err == nil && len(problems) == 0 {
		e.compared.Store(true)
	}
	return problems, err
}

// catalogue lists every object of the schema with what made it.
const catalogue = `
SELECT CASE c.relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' ELSE 'relation ' END || c.relname,
	CASE WHEN c.relkind = 'r' THEN string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
		|| COALESCE(' collate ' || co.collname, '') || COALESCE(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text, ', ' ORDER BY a.attnum)
		|| CASE WHEN c.relrowsecurity THEN ' row security' ELSE '' END ELSE '' END
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	LEFT JOIN pg_collation co ON co.oid = a.attcollation AND co.collname <> 'default'
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r','p','v','m','f') GROUP BY c.oid, c.relkind, c.relname, c.relrowsecurity
UNION ALL
SELECT 'constraint ' || conname || ' of ' || conrelid::regclass, pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' not valid' END
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND conrelid <> 0 AND contype <> 't'
UNION ALL
SELECT 'index ' || c.relname, replace(pg_get_indexdef(i.indexrelid), current_schema() || '.', '') || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'trigger ' || t.tgname, replace(pg_get_triggerdef(t.oid), current_schema() || '.', '') || ' ' || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'function ' || proname, prosrc || ' ' || prosecdef::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
UNION ALL
SELECT 'rule ' || r.rulename || ' of ' || c.relname, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'`

// catalogueDigest is of what takes half the time of catalogue to read, since it leaves
// the expressions of constraints and indexes out: those act on nothing by themselves.
const catalogueDigest = `
SELECT encode(sha256(convert_to(string_agg(made, E'\n' ORDER BY made COLLATE "C"), 'UTF8')), 'hex') FROM (
SELECT concat_ws(' ', c.relname, c.relkind, c.relhasrules, c.relrowsecurity, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attcollation, a.attidentity)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r','p','v','m','f') AND a.attnum > 0
UNION ALL
SELECT concat_ws(' ', adrelid::regclass, adnum, pg_get_expr(adbin, adrelid)) FROM pg_attrdef
UNION ALL
SELECT concat_ws(' ', conrelid::regclass, conname, contype, convalidated, conkey, confrelid::regclass, confkey)
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype <> 't'
UNION ALL
SELECT concat_ws(' ', i.indrelid::regclass, c.relname, i.indkey, i.indisunique, i.indisvalid, i.indpred IS NULL)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT concat_ws(' ', replace(pg_get_triggerdef(oid), current_schema() || '.', ''), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT concat_ws(' ', proname, prosecdef, prosrc) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
) AS objects (made)`

func readObjects(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	rows, err := rowsOf(ctx, tx, catalogue)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, row := range rows {
		found[row[0]] = strings.Join(strings.Fields(row[1]), " ")
	}
	return found, nil
}

// listed is the text of objects.
func listed(objects map[string]string) string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(objects)) {
		fmt.Fprintf(&b, "%s\t%s\n", what, objects[what])
	}
	return b.String()
}

// HasStore reports whether a database holds a store. An error says that it cannot be
// known.
func HasStore(ctx context.Context, address string) (is bool, err error) {
	e, err := connect(address, true)
	if err != nil {
		return false, err
	}
	defer e.Close()
	version, err := schemaOf(ctx, e.db)
	if err == nil && version > 0 {
		err = e.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM store)`).Scan(&is)
	}
	return is, explain(err, "looking for a store", e.where)
}
