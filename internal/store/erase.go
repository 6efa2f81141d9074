package store

import (
	"fmt"
	"slices"

	"fob/internal/token"
	"fob/internal/trail"
)

// TextsAbout lists the texts of a person: of every event that names the account, by
// whatever it was called then, all but who approved. The letters of other alphabets
// are compared as accounts are, which SQL cannot.
func (q *queries) TextsAbout(a token.Account) (all []trail.ErasedRows, err error) {
	seqs, err := q.eventsOf(a)
	for _, seq := range seqs {
		if err != nil {
			return nil, err
		}
		r := trail.ErasedRows{Seq: seq}
		r.Fields, err = collect(q, value[string], `SELECT field FROM audit_text WHERE seq = $1 AND field <> $2 ORDER BY field`, seq, trail.TextApprover)
		all = append(all, r)
	}
	return all, err
}

// eventsOf finds the events that name an account, by whatever it was called then.
func (q *queries) eventsOf(a token.Account) (seqs []int64, err error) {
	renames, err := trail.NewRenames(q.FormerRows())
	if err != nil {
		return nil, err
	}
	var lists []int64
	for l, err := range q.ListRows() {
		if err != nil {
			return nil, err
		}
		lists = append(lists, l.Seq)
	}
	err = q.each(`SELECT seq, text FROM audit_text WHERE field = 'account'`, nil, func(row scanner) error {
		var seq int64
		var text string
		err := row.Scan(&seq, &text)
		before, _ := slices.BinarySearch(lists, seq)
		if token.Account(renames.Now(text, before)).Key() == a.Key() {
			seqs = append(seqs, seq)
		}
		return err
	})
	return seqs, err
}

// ErasedName returns a name that stands for an account, and is nobody's yet.
func (q *queries) ErasedName() (string, error) {
	var n int
	if err := q.row(`SELECT COUNT(DISTINCT by_seq) FROM erased_text`).Scan(&n); err != nil {
		return "", err
	}
	for {
		n++
		name := fmt.Sprintf("erased-%d", n)
		var taken bool
		if err := q.row(`SELECT EXISTS (SELECT 1 FROM account WHERE key = $1)`, name).Scan(&taken); err != nil || !taken {
			return name, err
		}
	}
}

// EraseAccount removes texts that the newest event names, and puts another name in
// the place of the account's. secure_delete overwrites them in the database.
func (q *queries) EraseAccount(a token.Account, name string, rows []trail.ErasedRows, by int64) error {
	for _, r := range rows {
		for _, field := range r.Fields {
			if err := q.exec(`INSERT INTO erased_text (seq, field, by_seq) VALUES ($1, $2, $3)`, r.Seq, field, by); err != nil {
				return err
			}
			if err := q.exec(`DELETE FROM audit_text WHERE seq = $1 AND field = $2`, r.Seq, field); err != nil {
				return err
			}
		}
	}
	for _, statement := range []string{
		`UPDATE binding SET proof = '', ticket = '', condition = '' WHERE account_id = (SELECT id FROM account WHERE key = $1)`,
		`DELETE FROM former_account WHERE account_id = (SELECT id FROM account WHERE key = $1)`,
		`DELETE FROM account WHERE key = $1 AND held = 0`,
	} {
		if err := q.exec(statement, a.Key()); err != nil {
			return err
		}
	}
	return q.exec(`UPDATE account SET name = $1, key = $2, listed = NULL, listed_since = NULL, person = NULL, full_name = NULL, salt = NULL
		WHERE key = $3`, name, token.Account(name).Key(), a.Key())
}
