package store

import (
	"database/sql"
	"fmt"
	"slices"

	"fob/internal/token"
)

// contradiction is a question to tables that repeat, for speed, what others
// say: it must have no answer.
type contradiction struct{ query, words string }

var contradictions = []contradiction{
	// Within the trail every number is there, or its lack is told anyway.
	{`SELECT seq FROM audit_text WHERE seq < (SELECT MIN(seq) FROM audit) OR seq > (SELECT MAX(seq) FROM audit)`,
		"texts lie beside event %s, which is not there"},
	// Where nothing is known stands NULL. A 0 means the same to the replay, but not to
	// the queries: a batch that was withdrawn at 0 would not be seen by anybody.
	{`SELECT number FROM batch WHERE withdrawn_at = 0 OR quarantined_at = 0 OR expected = 0 OR received = ''`, "batch %s: it has a 0 where nothing is known"},
	{`SELECT uuid FROM binding WHERE closed_at = 0`, "binding %s: it has a 0 for its end"},
	{`SELECT id FROM account WHERE (listed IS NULL) <> (salt IS NULL)`,
		"account id %s is half on a list of people"},
	{`SELECT l.token_id FROM loss l LEFT JOIN token t ON t.id = l.token_id WHERE t.id IS NULL`,
		"a loss is filed under token id %s, which is not there"},
	{`SELECT f.token_id FROM fingerprint f LEFT JOIN token t ON t.id = f.token_id WHERE t.fingerprint IS NULL OR t.fingerprint <> f.fingerprint`,
		"the fingerprint table names token id %s, whose seed has another fingerprint"},
	{`SELECT t.serial_key FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0
		WHERE t.fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fingerprint f WHERE f.fingerprint = t.fingerprint AND f.token_id = t.id)`,
		"token %s: its seed is not in the fingerprint table"},
}

// contradictions asks them, and compares the spelling of accounts with their keys.
// What the columns of one token say against each other is told by TokenRows.
func (q *queries) contradictions() ([]string, error) {
	found, err := q.answers(contradictions)
	if err != nil {
		return nil, err
	}
	var names []token.State
	err = q.each(`SELECT name FROM state ORDER BY code`, nil, func(rows *sql.Rows) error {
		var name token.State
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !slices.Equal(names, stateCodes) {
		found = append(found, "the names of the states are not fob's")
	}
	err = q.each(`SELECT name, key FROM account`, nil, func(rows *sql.Rows) error {
		var name token.Account
		var key string
		err := rows.Scan(&name, &key)
		if err == nil && name.Key() != key {
			found = append(found, "an account is filed under another name's key")
		}
		return err
	})
	return found, err
}

// answers are those to some questions, in words.
func (q *queries) answers(questions []contradiction) (found []string, err error) {
	for _, c := range questions {
		err := q.each(c.query, nil, func(rows *sql.Rows) error {
			var what string
			err := rows.Scan(&what)
			found = append(found, fmt.Sprintf(c.words, what))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
