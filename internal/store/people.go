package store

import (
	"database/sql"
	"fmt"
	"iter"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// NewestList is the list that was taken in last; nil where there is none.
func (q *queries) NewestList() (*report.PeopleList, error) {
	var l report.PeopleList
	err := q.row(newestList).
		Scan(&l.Number, inNanos(&l.At), &l.File, &l.SHA256, &l.Listed, &l.Left, &l.Renamed)
	if notFound(err) {
		return nil, nil
	}
	return &l, err
}

// NewestPeople is the number, time and hash of the list that was taken in last.
func (q *queries) NewestPeople() (h desk.PeopleHead, err error) {
	l, err := q.NewestList()
	if l == nil || err != nil {
		return h, err
	}
	return desk.PeopleHead{Number: l.Number, At: l.At, SHA256: l.SHA256}, nil
}

// PeopleMark changes with every erasure.
func (q *queries) PeopleMark() (listed, erased int, err error) {
	err = q.row(`SELECT (SELECT COUNT(*) FROM account WHERE salt IS NOT NULL), (SELECT COUNT(*) FROM erased_text)`).Scan(&listed, &erased)
	return listed, erased, err
}

// EachAccount walks the table in its own order.
func (q *queries) EachAccount(fn func(people.StoredAccount) error) error {
	return q.each(`SELECT id, key, name, listed IS NOT NULL, COALESCE(listed, 0), listed_since, person, full_name, salt FROM account`, nil, func(row scanner) error {
		var a people.StoredAccount
		if err := row.Scan(&a.ID, &a.Key, &a.Name, &a.Known, &a.Listed, inNanos(&a.Since), &a.Person, &a.FullName, &a.Salt); err != nil {
			return err
		}
		return fn(a)
	})
}

// formerRow is a former name with whose it was.
type formerRow struct {
	trail.FormerRow
	account int64
}

func (q *queries) formerRows() iter.Seq2[formerRow, error] {
	return stream(q, func(row scanner) (f formerRow, err error) {
		err = row.Scan(&f.account, &f.Key, &f.Name, &f.Until, &f.Now)
		return f, err
	}, `SELECT f.account_id, f.key, f.name, f.until_list, a.name FROM former_account f JOIN account a ON a.id = f.account_id ORDER BY f.until_list, f.key`)
}

// FormerRows reads the names that accounts had.
func (q *queries) FormerRows() iter.Seq2[trail.FormerRow, error] {
	return func(yield func(trail.FormerRow, error) bool) {
		for f, err := range q.formerRows() {
			if !yield(f.FormerRow, err) {
				return
			}
		}
	}
}

// FormerNames reads them all: few accounts have any.
func (q *queries) FormerNames() (map[int64][]trail.FormerName, map[[2]string]bool, error) {
	all, became := map[int64][]trail.FormerName{}, map[[2]string]bool{}
	for f, err := range q.formerRows() {
		if err != nil {
			return nil, nil, err
		}
		all[f.account] = append(all[f.account], f.FormerName)
		became[[2]string{f.Key, token.Account(f.Now).Key()}] = true
	}
	return all, became, nil
}

const (
	standingSelect = `SELECT listed IS NOT NULL, COALESCE(listed, 0), listed_since FROM account WHERE key = $1`
	knownSelect    = `SELECT name FROM account WHERE key = $1`
	newestList     = `SELECT number, at, file, sha256, listed, gone, renamed FROM account_list ORDER BY number DESC LIMIT 1`
	nowCalled      = `SELECT a.name FROM former_account f JOIN account a ON a.id = f.account_id WHERE f.key = $1 ORDER BY f.until_list DESC LIMIT 1`
	holdingSelect  = `SELECT ` + printed + `, t.state, b.format = '` + token.VirtualFormat + `' FROM token t
		JOIN batch b ON b.id = t.batch_id AND ` + visible + ` WHERE t.account_id = $1 ORDER BY t.serial_key`
)

// AccountStanding looks an account up by its present name, then by former ones.
func (q *queries) AccountStanding(a token.Account) (s desk.Standing, err error) {
	err = q.row(standingSelect, a.Key()).Scan(&s.Known, &s.Listed, inNanos(&s.Since))
	if s.Known || err != nil && !notFound(err) {
		return s, err
	}
	if err = q.row(nowCalled, a.Key()).Scan(&s.Now); notFound(err) {
		return s, nil
	}
	return s, err
}

// KnownAccount is an account as it was first typed.
func (q *queries) KnownAccount(a token.Account) (token.Account, error) {
	key := a.Key()
	err := q.row(knownSelect, key).Scan(&a)
	if notFound(err) {
		return a, nil
	}
	if err == nil && q.writes() && a.Key() != key {
		return a, trail.Tampered("an account is filed under another name's key")
	}
	return a, err
}

// Holding lists what an account has, and reports whether it ever had a token.
func (q *queries) Holding(accountID int64) (now []people.Held, ever bool, err error) {
	now, err = collect(q, func(row scanner) (h people.Held, err error) {
		err = row.Scan(&h.Serial, (*stateCode)(&h.State), &h.Software)
		return h, err
	}, holdingSelect, accountID)
	if err == nil && len(now) == 0 {
		ever, err = q.everHeld(accountID)
	}
	return now, ever || len(now) > 0, err
}

func (q *queries) everHeld(accountID int64) (bool, error) {
	return value[bool](q.row(`SELECT held FROM account WHERE id = $1`, accountID))
}

// Holders walks the index of accounts that have tokens.
func (q *queries) Holders() ([]int64, error) {
	return collect(q, value[int64], `SELECT DISTINCT account_id FROM token WHERE account_id IS NOT NULL ORDER BY account_id`)
}

// SaveList writes a list and what it changes.
func (q *queries) SaveList(l trail.ListRow, c people.ListChanges) error {
	err := q.exec(`INSERT INTO account_list (number, seq, at, file, sha256, listed, gone, renamed, contents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		l.Number, l.Seq, nanos(l.At), l.File, l.SHA256, l.Listed, l.Gone, l.Renamed, l.Contents)
	if err == nil {
		err = q.dropAccounts(c.Deletes)
	}
	if err == nil {
		err = q.mergeAccounts(c.Merges)
	}
	if err == nil {
		err = q.updateAccounts(c)
	}
	if err != nil || c.Inserts == nil {
		return err
	}
	for r := range c.Inserts { // one may have been typed since the list was compared
		if err := q.exec(`INSERT INTO account (held, name, key, listed, listed_since, person, full_name, salt) VALUES (0, $1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (key) DO UPDATE SET name = excluded.name, listed = excluded.listed, listed_since = excluded.listed_since,
			person = excluded.person, full_name = excluded.full_name, salt = excluded.salt`, accountValues(r)...); err != nil {
			return err
		}
	}
	return nil
}

func accountValues(r trail.AccountRow) []any {
	return []any{r.Name, r.Key, r.Listed, nanos(r.Since), orNull(r.Person), orNull(r.FullName), r.Salt}
}

// dropAccounts removes accounts that left and never had a token: what nobody needs
// of a person is not stored.
func (q *queries) dropAccounts(ids []int64) error {
	for _, id := range ids {
		if err := q.exec(`DELETE FROM former_account WHERE account_id = $1`, id); err != nil {
			return err
		}
		_, err := value[int64](q.row(`DELETE FROM account WHERE id = $1 AND held = 0 RETURNING id`, id))
		if notFound(err) {
			return fault.Errorf(fault.NotAllowed, "an account was given a token while the list was compared; nothing was changed").
				WithHint("run the command again")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *queries) mergeAccounts(merges [][2]int64) error {
	for _, m := range merges {
		for _, statement := range []string{
			`UPDATE token SET account_id = $2 WHERE account_id = $1`, `UPDATE binding SET account_id = $2 WHERE account_id = $1`,
			`UPDATE account SET held = 1 WHERE id = $2 AND EXISTS (SELECT 1 FROM account WHERE id = $1 AND held = 1)`,
		} {
			if err := q.exec(statement, m[0], m[1]); err != nil {
				return err
			}
		}
		if err := q.exec(`DELETE FROM account WHERE id = $1`, m[0]); err != nil {
			return err
		}
	}
	return nil
}

// updateAccounts first takes every name away that passes on: two people may have
// exchanged theirs.
func (q *queries) updateAccounts(c people.ListChanges) error {
	for _, u := range c.Updates {
		if !u.Renamed {
			continue
		}
		if err := q.exec(`UPDATE account SET key = $1 WHERE id = $2`, fmt.Sprintf("\x01%d", u.ID), u.ID); err != nil {
			return err
		}
		f := u.Row.Former[len(u.Row.Former)-1]
		if err := q.exec(`INSERT INTO former_account (key, until_list, account_id, name) VALUES ($1, $2, $3, $4)`, f.Key, f.Until, u.ID, f.Name); err != nil {
			return err
		}
	}
	update := func(u people.ListUpdate) error {
		return q.exec(`UPDATE account SET name = $1, key = $2, listed = $3, listed_since = $4, person = $5, full_name = $6, salt = $7 WHERE id = $8`,
			append(accountValues(u.Row), u.ID)...)
	}
	for _, u := range c.Updates {
		if err := update(u); err != nil {
			return err
		}
	}
	if c.Typed == nil {
		return nil
	}
	for u := range c.Typed {
		if err := update(u); err != nil {
			return err
		}
	}
	return nil
}

// ListRows reads all lists of people.
func (q *queries) ListRows() iter.Seq2[trail.ListRow, error] {
	return stream(q, func(row scanner) (l trail.ListRow, err error) {
		err = row.Scan(&l.Number, &l.Seq, inNanos(&l.At), &l.File, &l.SHA256, &l.Listed, &l.Gone, &l.Renamed, &l.Contents)
		return l, err
	}, `SELECT number, seq, at, file, sha256, listed, gone, renamed, contents FROM account_list ORDER BY number`)
}

// AccountRows reads all accounts with the names that they had.
func (q *queries) AccountRows() iter.Seq2[trail.AccountRow, error] { return q.accountRows(``) }

// AccountRow reads one.
func (q *queries) AccountRow(a token.Account) (trail.AccountRow, error) {
	for row, err := range q.accountRows(` WHERE key = $1`, a.Key()) {
		return row, err
	}
	return trail.AccountRow{}, nil
}

func (q *queries) accountRows(where string, args ...any) iter.Seq2[trail.AccountRow, error] {
	former, _, err := q.FormerNames()
	if err != nil {
		return failed[trail.AccountRow](err)
	}
	return stream(q, func(row scanner) (a trail.AccountRow, err error) {
		var id int64
		var listed sql.NullBool
		err = row.Scan(&id, &a.Name, &a.Key, &a.Held, &listed, inNanos(&a.Since), orZero(&a.Person), orZero(&a.FullName), &a.Salt)
		a.Listed, a.Former = listed.Bool, former[id]
		return a, err
	}, `SELECT id, name, key, held, listed, listed_since, person, full_name, salt FROM account`+where, args...)
}
