package store

import (
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"fob/internal/report"
	"fob/internal/token"
)

// tokens is the body of the sequence that Tokens gives.
func (q *queries) tokens(f report.Filter, yield func(report.Token, error) bool) {
	where, args := conditions(f)
	query := tokenSelect + where + ` ORDER BY t.serial_key`
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(` LIMIT $%d`, len(args))
	}
	rows, err := q.tx.QueryContext(q.ctx, query, args...)
	if err != nil {
		yield(report.Token{}, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		t, last, err := scanToken(rows)
		if !yield(report.FromToken(t, last), err) || err != nil {
			return
		}
	}
	if err := rows.Err(); err != nil {
		yield(report.Token{}, err)
	}
}

// Tokens streams the tokens that a filter selects, in the order of serials.
func (q *queries) Tokens(f report.Filter) iter.Seq2[report.Token, error] {
	return func(yield func(report.Token, error) bool) { q.tokens(f, yield) }
}

// conditions turns a filter into a WHERE clause.
func conditions(f report.Filter) (string, []any) {
	var parts []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		parts = append(parts, condition)
	}
	if f.State != "" {
		add(`t.state = ?`, stateCode(f.State))
	}
	if f.State != "" && f.State != token.InStock && f.Account == "" {
		// It says to SQLite that the index token_by_state will do, and SQLite then
		// takes it: for an account, whose tokens are few, that would read every
		// token in the state.
		add(`t.state <> 0`)
	}
	if f.Account != "" {
		add(`a.key = ?`, f.Account.Key())
	}
	if f.Batch != 0 {
		add(`t.id BETWEEN (SELECT first_id FROM batch WHERE number = ?) AND (SELECT last_id FROM batch WHERE number = ?)`, f.Batch, f.Batch)
	}
	if f.Location != "" {
		add(`l.name = ?`, f.Location)
	}
	if f.Manufacturer != "" {
		add(`LOWER(p.manufacturer) = ?`, asciiLower(f.Manufacturer))
	}
	if !f.ExpiringBy.IsZero() {
		add(`t.not_after <= ?`, f.ExpiringBy.Unix())
	}
	if f.Prefix != "" {
		add(`t.serial_key >= ? AND t.serial_key < ?`, f.Prefix.Key(), f.Prefix.Key()+"\x7f")
	}
	if f.After != "" {
		add(`t.serial_key > ?`, f.After.Key())
	}
	if len(parts) == 0 {
		return "", nil
	}
	return ` WHERE ` + strings.Join(parts, ` AND `), args
}

// asciiLower is what SQLite's LOWER does: letters beyond ASCII stay.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Find reads one token as reports show it.
func (q *queries) Find(serial token.Serial) (report.Token, error) {
	t, last, err := q.token(serial)
	return report.FromToken(t, last), err
}

const batchSelect = `SELECT id, uuid, number, first_id, last_id, file, sha256, format, order_no, supplier, expected,
	location, received, records, new, unchanged, refused, imported_at, by_name FROM batch WHERE loading = 0`

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
		return report.Batch{}, token.Errorf(token.NotFound, "there is no batch %d", number).
			WithHint("`fob batch list` shows them all")
	}
	return all[0], nil
}

func (q *queries) batches(more string, args ...any) ([]report.Batch, error) {
	all := []report.Batch{}
	var ranges [][2]int64
	err := q.each(batchSelect+more, args, func(rows *sql.Rows) error {
		b, ids, err := scanBatch(rows)
		all, ranges = append(all, b), append(ranges, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].States, err = q.states(` WHERE id BETWEEN $1 AND $2`, ranges[i][0], ranges[i][1]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func scanBatch(rows *sql.Rows) (b report.Batch, ids [2]int64, err error) {
	var id int64
	var expected, imported sql.NullInt64
	var received sql.NullString
	err = rows.Scan(&id, &b.ID, &b.Number, &ids[0], &ids[1], &b.File, &b.SHA256, &b.Format, &b.Order, &b.Supplier,
		&expected, &b.Location, &received, &b.Records, &b.New, &b.Unchanged, &b.Refused, &imported, &b.ImportedBy)
	b.ImportedAt = fromNanos(imported)
	if expected.Valid {
		n := int(expected.Int64)
		b.Expected = &n
		b.Reconcile()
	}
	if received.Valid {
		b.Received = &received.String
	}
	return b, ids, err
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
