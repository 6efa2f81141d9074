package store

import (
	"database/sql"

	"fob/internal/desk"
	"fob/internal/fault"
)

// KnownPrints returns those of some fingerprints that are in the store.
func (q *queries) KnownPrints(prints []int64) (known []desk.Print, err error) {
	err = inChunks(prints, func(chunk []int64) error {
		return q.each(`SELECT fingerprint, nth, token_id FROM fingerprint WHERE fingerprint IN (`+places(1, len(chunk))+`) ORDER BY fingerprint, nth`, anys(chunk),
			func(rows *sql.Rows) error {
				var p desk.Print
				err := rows.Scan(&p.Print, &p.Nth, &p.TokenID)
				known = append(known, p)
				return err
			})
	})
	return known, err
}

// InsertPrints adds fingerprints; sorted ones are inserted fastest.
func (q *queries) InsertPrints(prints []desk.Print) error {
	var rows [][]any
	for _, p := range prints {
		if p.Nth == 0 {
			rows = append(rows, []any{p.Print, int64(0), p.TokenID})
		}
	}
	err := q.insert("fingerprint", []string{"fingerprint", "nth", "token_id"}, rows)
	if q.engine.IsTaken(err) {
		return fault.Errorf(fault.NotAllowed, "another import brought one of these seeds meanwhile; nothing of this file is stored").
			WithHint("import the file again: the record will be named")
	}
	for _, p := range prints {
		if err == nil && p.Nth > 0 { // it is known to be another seed's: it takes the next number
			err = q.exec(`INSERT INTO fingerprint (fingerprint, nth, token_id)
				SELECT $1, COALESCE(MAX(nth), -1) + 1, $2 FROM fingerprint WHERE fingerprint = $1`, p.Print, p.TokenID)
		}
	}
	return err
}

// removeTokens deletes tokens of neighbouring ids with their fingerprints.
func (q *queries) removeTokens(first, last int64) error {
	if err := q.exec(`DELETE FROM fingerprint WHERE fingerprint IN (SELECT fingerprint FROM token WHERE id BETWEEN $1 AND $2)
		AND token_id BETWEEN $1 AND $2`, first, last); err != nil {
		return err
	}
	return q.exec(`DELETE FROM token WHERE id BETWEEN $1 AND $2`, first, last)
}
