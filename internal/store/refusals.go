package store

import (
	"iter"

	"fob/internal/token"
	"fob/internal/trail"
)

const refusalSelect = `SELECT since, refused FROM operator_refusals WHERE by_kind = $1 AND by_id = $2`

// Refusals reads how many codes of an operator were refused lately.
func (q *queries) Refusals(by token.Operator) (r token.Refusals, err error) {
	err = q.row(refusalSelect, by.Kind, by.ID).Scan(inNanos(&r.Since), &r.N)
	if notFound(err) {
		return r, nil
	}
	return r, err
}

// SaveRefusals writes that.
func (q *queries) SaveRefusals(by token.Operator, r token.Refusals) error {
	return q.exec(`INSERT INTO operator_refusals (by_kind, by_id, since, refused) VALUES ($1, $2, $3, $4)
		ON CONFLICT (by_kind, by_id) DO UPDATE SET since = excluded.since, refused = excluded.refused`, by.Kind, by.ID, r.Since.UnixNano(), r.N)
}

// RefusalRows reads all of them.
func (q *queries) RefusalRows() iter.Seq2[trail.RefusalRow, error] {
	return stream(q, func(row scanner) (r trail.RefusalRow, err error) {
		err = row.Scan(&r.By.Kind, &r.By.ID, inNanos(&r.Since), &r.N)
		return r, err
	}, `SELECT by_kind, by_id, since, refused FROM operator_refusals`)
}
