package store

import (
	"context"
	"fmt"
	"strings"
)

// wholeOnly leaves out what an import that is not complete has brought.
var wholeOnly = map[string]string{
	"batch":       ` WHERE loading = 0`,
	"token":       ` WHERE batch_id IN (SELECT id FROM batch WHERE loading = 0)`,
	"fingerprint": ` WHERE token_id IN (SELECT t.id FROM token t JOIN batch b ON b.id = t.batch_id WHERE b.loading = 0)`,
}

// CopyRows hands every row of some tables to insert, of one state of the store, a
// table after the other, in slices.
func (s *Store) CopyRows(ctx context.Context, tables []string, insert func(table string, columns []string, rows [][]any) error) error {
	return s.snapshot(ctx, func(q *queries) error {
		for _, table := range tables {
			if table == "state" || table == "web_session" { // a new store has the rows of the one, and nobody signed in at it
				continue
			}
			if err := q.copyTable(table, insert); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *queries) copyTable(table string, insert func(string, []string, [][]any) error) error {
	rows, err := q.tx.QueryContext(q.ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		return err
	}
	var slice [][]any
	scan := func(row scanner) ([]any, error) {
		values := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		return values, row.Scan(to...)
	}
	query := fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY 1`, strings.Join(columns, ", "), table, wholeOnly[table])
	for row, err := range stream(q, scan, query) {
		if err != nil {
			return err
		}
		if slice = append(slice, row); len(slice) == sliceRows {
			if err := insert(table, columns, slice); err != nil {
				return err
			}
			slice = nil
		}
	}
	if len(slice) == 0 {
		return nil
	}
	return insert(table, columns, slice)
}
