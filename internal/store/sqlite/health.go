package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
)

// maxDamage bounds what SQLite says of a damaged file: nobody reads on behind the
// first lines.
const maxDamage = 20

// Damage asks SQLite whether its file is sound, and whether every reference
// finds its row. It reads every page.
func (e *engine) Damage(ctx context.Context, tx *sql.Tx) (found []string, err error) {
	err = eachRow(ctx, tx, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxDamage), func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		if line != "ok" {
			found = append(found, strings.ReplaceAll(strings.TrimPrefix(line, "*** in database main ***\n"), "\n", "; "))
		}
		return err
	})
	if err != nil || len(found) > 0 { // references are followed in what is sound
		return found, err
	}
	return found, eachRow(ctx, tx, `PRAGMA foreign_key_check`, func(rows *sql.Rows) error {
		var table, parent string
		var rowid, key sql.NullInt64
		err := rows.Scan(&table, &rowid, &parent, &key)
		if len(found) < maxDamage {
			found = append(found, fmt.Sprintf("row %d of table %s names a row of %s that is not there", rowid.Int64, table, parent))
		}
		return err
	})
}

func eachRow(ctx context.Context, tx *sql.Tx, query string, scan func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// fileSize is 0 where there is no file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
