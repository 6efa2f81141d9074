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
	{`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id WHERE o.batch_id <> t.batch_id
		OR o.first <> CASE WHEN o.id = (SELECT MIN(id) FROM observation WHERE token_id = o.token_id) THEN 1 ELSE 0 END`,
		"token %s: a measured drift is filed under another batch, or falsely as the first"},
	{`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id WHERE o.rated <>
		CASE WHEN o.id = (SELECT MAX(id) FROM observation WHERE token_id = o.token_id)
		AND o.at - (SELECT at FROM observation WHERE id = (SELECT MIN(id) FROM observation WHERE token_id = o.token_id)) >= 7776000000000000
		THEN 1 ELSE 0 END`, "token %s: a measured drift counts falsely for its batch, or falsely not"},
	{`SELECT t.seq FROM audit_text t LEFT JOIN audit a ON a.seq = t.seq WHERE a.seq IS NULL`,
		"texts lie beside event %s, which is not there"},
	{`SELECT o.id FROM observation o LEFT JOIN token t ON t.id = o.token_id WHERE t.id IS NULL`,
		"the measured drift %s is of no token"},
	// Where nothing is known stands NULL. A 0 means the same to the replay, but not to
	// the queries: a batch that was withdrawn at 0 would not be seen by anybody.
	{`SELECT number FROM batch WHERE withdrawn_at = 0 OR quarantined_at = 0 OR expected = 0 OR received = ''`, "batch %s: it has a 0 where nothing is known"},
	{`SELECT uuid FROM binding WHERE closed_at = 0`, "binding %s: it has a 0 for its end"},
	{`SELECT id FROM account WHERE (listed IS NULL) <> (salt IS NULL)`,
		"account id %s is half on a list of people"},
	{`SELECT l.token_id FROM loss l LEFT JOIN token t ON t.id = l.token_id WHERE t.id IS NULL`,
		"a loss is filed under token id %s, which is not there"},
}

// contradictions asks them, and compares the spelling of accounts with their keys.
// What the columns of one token say against each other is told by TokenRows.
func (q *queries) contradictions() ([]string, error) {
	found, err := q.printProblems()
	if err != nil {
		return nil, err
	}
	more, err := q.answers(contradictions)
	if err != nil {
		return nil, err
	}
	found = append(found, more...)
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
