package store

import (
	"database/sql"
	"time"

	"fob/internal/report"
	"fob/internal/token"
)

// lock is when failures lock a token, as the policy has it.
func (q *queries) lock() (token.Lock, error) {
	set, err := q.Policy()
	if err != nil {
		return token.Lock{}, err
	}
	p, err := token.ParsePolicy(set)
	return p.Lock, err
}

const batchSelect = `SELECT id, uuid, number, first_id, last_id, file, sha256, format, order_no, supplier, expected,
	location, received, records, new, unchanged, refused, imported_at, by_name,
	quarantined_at, withdrawn_at FROM batch WHERE loading = 0`

// Batches reads all batches with the states of their tokens.
func (q *queries) Batches() ([]report.Batch, error) {
	return q.batches(` ORDER BY number`)
}

// Batch reads one batch by its number.
func (q *queries) Batch(number int) (report.Batch, error) {
	all, err := q.batches(` AND number = $1`, number)
	if err != nil {
		return report.Batch{}, err
	}
	if len(all) == 0 {
		return report.Batch{}, noSuchBatch(number)
	}
	return all[0], nil
}

// BatchFiles reads all batches without looking at their tokens.
func (q *queries) BatchFiles() ([]report.Batch, error) {
	all, _, err := q.batchRows(` ORDER BY number`)
	return all, err
}

func (q *queries) batchRows(more string, args ...any) (all []report.Batch, ranges [][2]int64, err error) {
	all = []report.Batch{}
	err = q.each(batchSelect+more, args, func(rows *sql.Rows) error {
		_, b, ids, err := scanBatch(rows)
		all, ranges = append(all, b), append(ranges, ids)
		return err
	})
	return all, ranges, err
}

func (q *queries) batches(more string, args ...any) ([]report.Batch, error) {
	all, ranges, err := q.batchRows(more, args...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].WithdrawnAt != nil {
			all[i].States = map[token.State]int{}
			continue
		}
		if all[i].States, err = q.states(` WHERE id BETWEEN $1 AND $2`, ranges[i][0], ranges[i][1]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func scanBatch(rows *sql.Rows) (id int64, b report.Batch, ids [2]int64, err error) {
	var expected, imported, quarantined, withdrawn sql.NullInt64
	var received sql.NullString
	err = rows.Scan(&id, &b.ID, &b.Number, &ids[0], &ids[1], &b.File, &b.SHA256, &b.Format, &b.Order, &b.Supplier,
		&expected, &b.Location, &received, &b.Records, &b.New, &b.Unchanged, &b.Refused, &imported, &b.ImportedBy,
		&quarantined, &withdrawn)
	b.QuarantinedAt, b.WithdrawnAt = orNil(fromNanos(quarantined)), orNil(fromNanos(withdrawn))
	b.ImportedAt = fromNanos(imported)
	if expected.Valid {
		n := int(expected.Int64)
		b.Expected = &n
		b.Reconcile()
	}
	if received.Valid {
		b.Received = &received.String
	}
	return id, b, ids, err
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// states counts tokens by state. It does not look at their batches: the caller
// names the ids of one that is whole.
func (q *queries) states(where string, args ...any) (map[token.State]int, error) {
	counts := map[token.State]int{}
	err := q.each(`SELECT state, COUNT(*) FROM token`+where+` GROUP BY state`, args, func(rows *sql.Rows) error {
		var state token.State
		var n int
		err := rows.Scan((*stateCode)(&state), &n)
		counts[state] = n
		return err
	})
	return counts, err
}

// Summary reads what heads an export.
func (q *queries) Summary() (s report.Summary, err error) {
	s.StoreID = q.id.String()
	s.States = map[token.State]int{}
	if s.Batches, err = q.Batches(); err != nil {
		return s, err
	}
	for _, b := range s.Batches {
		for state, n := range b.States {
			s.States[state] += n
			s.Tokens += n
		}
	}
	s.Head, err = q.Head()
	return s, err
}

// StoreID is the store's own id.
func (q *queries) StoreID() (string, error) { return q.id.String(), nil }
