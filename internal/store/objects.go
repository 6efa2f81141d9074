package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readObjects reads every table, index, trigger and view with the statement
// that made it. Left out are the tables of goose, and those that SQLite keeps
// for itself: the counters of AUTOINCREMENT, and the statistics that ANALYZE
// leaves. What hangs on them, a trigger say, is not.
func readObjects(ctx context.Context, db querier) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT type || ' ' || name, tbl_name || ': ' || COALESCE(sql, '') FROM sqlite_schema
		WHERE NOT (type = 'table' AND (name IN ('goose_db_version', 'sqlite_sequence') OR name LIKE 'sqlite\_stat%' ESCAPE '\'))`)
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

// freshObjects are those of a store that the migrations have just made; they are
// the same as long as the program runs.
var freshObjects = sync.OnceValues(func() (map[string]string, error) {
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

// SchemaProblems says in words what of the schema is missing, changed or not
// fob's. A trigger or an index that is gone lets in what it was to keep out, and
// one that was added can change rows that fob writes.
func (q *queries) SchemaProblems() (problems []string, err error) {
	want, err := freshObjects()
	if err != nil {
		return nil, err
	}
	found, err := readObjects(q.ctx, q.tx)
	if err != nil {
		return nil, err
	}
	for _, what := range slices.Sorted(maps.Keys(want)) {
		made, ok := found[what]
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("the %s is gone", what))
		case made != want[what]:
			problems = append(problems, fmt.Sprintf("the %s was changed", what))
		}
	}
	for _, what := range slices.Sorted(maps.Keys(found)) {
		if _, ok := want[what]; !ok {
			problems = append(problems, fmt.Sprintf("the %s is not one of fob's", what))
		}
	}
	return problems, nil
}
