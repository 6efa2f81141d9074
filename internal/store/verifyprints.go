package store

import (
	"database/sql"
	"hash/maphash"
)

// printContradictions compare the fingerprints row by row, in random order: eight
// seconds at a million tokens. They are asked only once it is known that the
// tables differ.
var printContradictions = []contradiction{
	{`SELECT f.token_id FROM fingerprint f LEFT JOIN token t ON t.id = f.token_id WHERE t.id IS NULL OR t.fingerprint <> f.print`,
		"the fingerprint table names token id %s, whose seed has another fingerprint"},
	{`SELECT t.serial_key FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0
		LEFT JOIN fingerprint f ON f.print = t.fingerprint AND f.token_id = t.id WHERE f.print IS NULL`,
		"token %s: its seed is not in the fingerprint table"},
}

// printProblems holds the fingerprint table against the tokens: it must name the
// same pairs of fingerprint and token.
func (q *queries) printProblems() ([]string, error) {
	same, err := q.printsAgree()
	if same || err != nil {
		return nil, err
	}
	return q.answers(printContradictions)
}

// printsAgree adds up the pairs of either. Each pair is hashed under a key of this
// moment, so that the order does not matter and nobody can make two sums meet.
func (q *queries) printsAgree() (bool, error) {
	seed := maphash.MakeSeed()
	var sums [2]uint64
	l := newLoose(2)
	for i, query := range []string{`SELECT print, token_id FROM fingerprint`, `SELECT fingerprint, id FROM token`} {
		err := q.each(query, nil, func(rows *sql.Rows) error {
			if err := rows.Scan(l.into...); err != nil {
				return err
			}
			sums[i] += maphash.Comparable(seed, [2]int64{l.int(0), l.int(1)})
			return l.err
		})
		if err != nil {
			return false, err
		}
	}
	return sums[0] == sums[1], nil
}
