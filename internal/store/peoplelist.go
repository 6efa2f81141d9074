package store

import (
	"database/sql"
	"fmt"
	"iter"
	"slices"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/people"
	"fob/internal/token"
	"fob/internal/trail"
)

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
	var key, name, person, full, salt sql.RawBytes
	var listed, since sql.NullInt64
	return q.each(`SELECT id, key, name, listed, listed_since, person, full_name, salt FROM account`, nil, func(rows *sql.Rows) error {
		var a people.StoredAccount
		if err := rows.Scan(&a.ID, &key, &name, &listed, &since, &person, &full, &salt); err != nil {
			return err
		}
		a.Key, a.Name, a.Known, a.Listed, a.Since = key, name, listed.Valid, listed.Int64 == 1, fromNanos(since)
		a.Person, a.FullName, a.Salt = person, full, salt
		return fn(a)
	})
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

// formerRow is a former name with whose it was.
type formerRow struct {
	trail.FormerRow
	account int64
}

func (q *queries) formerRows() iter.Seq2[formerRow, error] {
	return stream(q, `SELECT f.account_id, f.key, f.name, f.until_list, a.name FROM former_account f JOIN account a ON a.id = f.account_id
		ORDER BY f.until_list, f.key`, func(rows *sql.Rows) (f formerRow, err error) {
		err = rows.Scan(&f.account, &f.Key, &f.Name, &f.Until, &f.Now)
		return f, err
	})
}

const (
	standingSelect = `SELECT listed, listed_since FROM account WHERE key = $1`
	nowCalled      = `SELECT a.name FROM former_account f JOIN account a ON a.id = f.account_id WHERE f.key = $1 ORDER BY f.until_list DESC LIMIT 1`
	holdingSelect  = `SELECT COALESCE(t.printed, t.serial_key), t.state, b.format FROM token t
		JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL WHERE t.account_id = $1 ORDER BY t.serial_key`
	everHeld = `SELECT held FROM account WHERE id = $1`
)

// AccountStanding looks an account up by its present name, then by former ones.
func (q *queries) AccountStanding(a token.Account) (s desk.Standing, err error) {
	var listed, since sql.NullInt64
	err = q.row(standingSelect, a.Key()).Scan(&listed, &since)
	if err != nil && !notFound(err) {
		return s, err
	}
	s.Known, s.Listed, s.Since = listed.Valid, listed.Int64 == 1, fromNanos(since)
	if s.Known {
		return s, nil
	}
	if err = q.row(nowCalled, a.Key()).Scan(&s.Now); notFound(err) {
		return s, nil
	}
	return s, err
}

// Holding lists what an account has.
func (q *queries) Holding(accountID int64) (now []people.Held, ever bool, err error) {
	err = q.each(holdingSelect, []any{accountID}, func(rows *sql.Rows) error {
		var h people.Held
		var format string
		err := rows.Scan(&h.Serial, (*stateCode)(&h.State), &format)
		h.Software = format == token.VirtualFormat
		now = append(now, h)
		return err
	})
	if err == nil && len(now) == 0 {
		err = q.row(everHeld, accountID).Scan(&ever)
	}
	return now, ever || len(now) > 0, err
}

// Holders walks the index of accounts that have tokens.
func (q *queries) Holders() (ids []int64, err error) {
	err = q.each(`SELECT DISTINCT account_id FROM token WHERE account_id IS NOT NULL ORDER BY account_id`, nil, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

const nearAccounts = `SELECT name FROM account WHERE key >= $1 AND key < $2 AND listed = 1 ORDER BY key LIMIT $3`

func accountsBySlips(n int) string {
	return `SELECT name FROM account WHERE listed = 1 AND key IN (` + places(1, n) + `)`
}

// NearAccounts finds those one slip away, then those with the same name at another
// domain, then those that begin as typed.
func (q *queries) NearAccounts(a token.Account, limit int) (found []token.Account, err error) {
	slips := a.Slips()
	rank := make(map[string]int, len(slips))
	for i, s := range slips {
		rank[s] = i
	}
	collect := func(rows *sql.Rows) error {
		var name token.Account
		err := rows.Scan(&name)
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
		return err
	}
	if err := inChunks(slips, func(chunk []string) error { return q.each(accountsBySlips(len(chunk)), anys(chunk), collect) }); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b token.Account) int { return rank[a.Key()] - rank[b.Key()] })
	for _, begin := range a.Beginnings() {
		if len(found) >= limit {
			break
		}
		if err := q.each(nearAccounts, []any{begin, begin + "\U0010ffff", limit}, collect); err != nil {
			return nil, err
		}
	}
	return found[:min(len(found), limit)], nil
}

// SaveList writes a list and its changes.
func (q *queries) SaveList(l trail.ListRow, c people.ListChanges) error {
	err := q.exec(`INSERT INTO account_list (number, seq, at, file, sha256, listed, gone, renamed, contents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		l.Number, l.Seq, nanos(l.At), l.File, l.SHA256, l.Listed, l.Gone, l.Renamed, l.Contents)
	if err != nil {
		return err
	}
	for _, step := range []func(people.ListChanges) error{q.dropAccounts, q.mergeAccounts, q.updateAccounts, q.insertAccounts} {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

// dropAccounts removes accounts that left and never had a token: what nobody needs
// is not kept of a person.
func (q *queries) dropAccounts(c people.ListChanges) error {
	for _, id := range c.Deletes {
		if err := q.exec(`DELETE FROM former_account WHERE account_id = $1`, id); err != nil {
			return err
		}
		var gone int64
		err := q.row(`DELETE FROM account WHERE id = $1 AND held = 0 RETURNING id`, id).Scan(&gone)
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

func (q *queries) mergeAccounts(c people.ListChanges) error {
	for _, m := range c.Merges {
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
	for _, u := range c.Updates {
		if err := q.updateAccount(u); err != nil {
			return err
		}
	}
	if c.Typed == nil {
		return nil
	}
	for u := range c.Typed {
		if err := q.updateAccount(u); err != nil {
			return err
		}
	}
	return nil
}

func (q *queries) updateAccount(u people.ListUpdate) error {
	r := u.Row
	return q.exec(`UPDATE account SET name = $1, key = $2, listed = $3, listed_since = $4, person = $5, full_name = $6, salt = $7 WHERE id = $8`,
		r.Name, r.Key, r.Listed, nanos(r.Since), orNull(r.Person), orNull(r.FullName), r.Salt, u.ID)
}

const (
	insertAccount = `INSERT INTO account (held, name, key, listed, listed_since, person, full_name, salt) VALUES `
	// An account may have been typed since the list was compared.
	orListAccount = ` ON CONFLICT (key) DO UPDATE SET name = excluded.name, listed = excluded.listed, listed_since = excluded.listed_since,
		person = excluded.person, full_name = excluded.full_name, salt = excluded.salt`
	accountsAtOnce = 50
)

func (q *queries) insertAccounts(c people.ListChanges) error {
	if c.Inserts == nil {
		return nil
	}
	var args []any
	insert := func() error {
		n := len(args) / 7
		if n == 0 {
			return nil
		}
		rows := insertAccount + "(0,?,?,?,?,?,?,?)"
		for range n - 1 {
			rows += ",(0,?,?,?,?,?,?,?)"
		}
		err := q.exec(rows+orListAccount, args...)
		args = args[:0]
		return err
	}
	for r := range c.Inserts {
		args = append(args, r.Name, r.Key, r.Listed, nanos(r.Since), orNull(r.Person), orNull(r.FullName), r.Salt)
		if len(args) == 7*accountsAtOnce {
			if err := insert(); err != nil {
				return err
			}
		}
	}
	return insert()
}

// ListRows reads all lists of people.
func (q *queries) ListRows() iter.Seq2[trail.ListRow, error] {
	return stream(q, `SELECT number, seq, at, file, sha256, listed, gone, renamed, contents FROM account_list ORDER BY number`,
		func(rows *sql.Rows) (l trail.ListRow, err error) {
			err = rows.Scan(&l.Number, &l.Seq, (*atNanos)(&l.At), &l.File, &l.SHA256, &l.Listed, &l.Gone, &l.Renamed, &l.Contents)
			return l, err
		})
}

const accountRows = `SELECT id, name, key, held, listed, listed_since, person, full_name, salt FROM account`

// AccountRows reads all accounts with the names that they had.
func (q *queries) AccountRows() iter.Seq2[trail.AccountRow, error] { return q.accountRows(accountRows) }

// AccountRow reads one.
func (q *queries) AccountRow(a token.Account) (trail.AccountRow, error) {
	for row, err := range q.accountRows(accountRows+` WHERE key = $1`, a.Key()) {
		return row, err
	}
	return trail.AccountRow{}, nil
}

func (q *queries) accountRows(query string, args ...any) iter.Seq2[trail.AccountRow, error] {
	return func(yield func(trail.AccountRow, error) bool) {
		former, _, err := q.FormerNames()
		if err != nil {
			yield(trail.AccountRow{}, err)
			return
		}
		l := newLoose(9)
		rows := stream(q, query, func(rows *sql.Rows) (a trail.AccountRow, err error) {
			if err := rows.Scan(l.into...); err != nil {
				return a, err
			}
			return trail.AccountRow{Name: l.text(1), Key: l.text(2), Held: l.bool(3), Listed: l.bool(4), Since: l.nanos(5),
				Person: l.text(6), FullName: l.text(7), Salt: l.bytes(8), Former: former[l.int(0)]}, l.err
		}, args...)
		for a, err := range rows {
			if !yield(a, err) {
				return
			}
		}
	}
}
