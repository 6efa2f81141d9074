package store

import (
	"database/sql"
	"fmt"
	"iter"

	"fob/internal/report"
	"fob/internal/token"
)

// Imported streams the immutable columns of every token that the tables hold,
// those of withdrawn batches too while they are there. Of the filter, batch and
// prefix count; the order is that of Tokens.
func (q *queries) Imported(f report.Filter) iter.Seq2[token.Facts, error] {
	return func(yield func(token.Facts, error) bool) {
		profiles, err := q.Profiles()
		if err != nil {
			yield(token.Facts{}, err)
			return
		}
		query, args := importedQuery(f)
		rows, err := q.tx.QueryContext(q.ctx, query, args...)
		if err != nil {
			yield(token.Facts{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanImported(rows, profiles)
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(token.Facts{}, err)
		}
	}
}

// importedQuery leaves the batch out of the join: whose tokens count is told by
// their ids.
func importedQuery(f report.Filter) (query string, args []any) {
	l := listing{order: `t.serial_key`}
	if f.Batch != 0 {
		l.where(`t.id BETWEEN (SELECT first_id FROM batch WHERE number = ?) AND (SELECT last_id FROM batch WHERE number = ?)`, f.Batch, f.Batch)
	}
	if inFileOrder(f) {
		l.order = `t.id`
	}
	if f.Prefix != "" {
		l.where(`t.serial_key >= ? AND t.serial_key < ?`, f.Prefix.Key(), f.Prefix.Key()+"\x7f")
	}
	return l.from(`SELECT t.id, t.printed, t.serial_key, t.profile_id, t.counter, t.not_before, t.not_after,
		t.manufactured, t.fingerprint FROM token t`), l.args
}

func scanImported(rows *sql.Rows, profiles map[int64]token.Profile) (c token.Facts, err error) {
	var printed sql.NullString
	var profile int64
	if err := rows.Scan(&c.ID, &printed, &c.Serial, &profile, &c.Counter, (*atSeconds)(&c.NotBefore), (*atSeconds)(&c.NotAfter), (*atSeconds)(&c.Manufactured), &c.Fingerprint); err != nil {
		return c, err
	}
	if printed.Valid {
		c.Serial = token.Serial(printed.String)
	}
	p, known := profiles[profile]
	if !known {
		return c, fmt.Errorf("token %s: its profile %d is not there", c.Serial, profile)
	}
	c.Profile = p
	return c, nil
}
