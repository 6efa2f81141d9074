package store

import (
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

const accountSelect = `SELECT a.name, a.full_name, a.person, a.listed, a.listed_since,
	(SELECT COUNT(*) FROM token t WHERE t.account_id = a.id), a.id FROM account a`

func scanAccount(rows scanner) (a report.Account, id int64, err error) {
	var full, person sql.NullString
	var listed, since sql.NullInt64
	err = rows.Scan(&a.Account, &full, &person, &listed, &since, &a.Tokens, &id)
	a.FullName, a.PersonID, a.Since = filledOrNil(full), filledOrNil(person), orNil(fromNanos(since))
	switch {
	case !listed.Valid:
		a.Standing = report.JustName
	case listed.Int64 == 1:
		a.Standing = report.OnList
	default:
		a.Standing = report.HasLeft
	}
	return a, id, err
}

func filledOrNil(s sql.NullString) *string {
	if s.String == "" {
		return nil
	}
	return &s.String
}

// Accounts streams accounts by name.
func (q *queries) Accounts(f report.AccountFilter) iter.Seq2[report.Account, error] {
	query, args := accountsQuery(f)
	return func(yield func(report.Account, error) bool) {
		rows, err := q.tx.QueryContext(q.ctx, query, args...)
		if err != nil {
			yield(report.Account{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			a, _, err := scanAccount(rows)
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(report.Account{}, err)
		}
	}
}

func accountsQuery(f report.AccountFilter) (query string, args []any) {
	var parts []string
	if f.Left {
		parts = append(parts, `a.listed = 0`)
	}
	if f.Tokens {
		parts = append(parts, `EXISTS (SELECT 1 FROM token t WHERE t.account_id = a.id)`)
	}
	if key := token.Account(f.Prefix).Key(); key != "" {
		parts, args = append(parts, `a.key >= $1 AND a.key < $2`), []any{key, key + "\U0010ffff"}
	}
	query = accountSelect
	if len(parts) > 0 {
		query += ` WHERE ` + strings.Join(parts, ` AND `)
	}
	query += ` ORDER BY a.key`
	if f.Limit > 0 {
		query += fmt.Sprintf(` LIMIT %d`, f.Limit)
	}
	return query, args
}

const (
	formerSelect = `SELECT f.name, l.at FROM former_account f JOIN account_list l ON l.number = f.until_list WHERE f.account_id = $1 ORDER BY f.until_list`
	heldSelect   = `SELECT COALESCE(t.printed, t.serial_key), t.state, bi.opened_at, bi.closed_at, bi.by_name, bi.proof, bi.codes, bi.ticket
		FROM binding bi JOIN token t ON t.id = bi.token_id WHERE bi.account_id = $1 ORDER BY bi.id DESC`
	assignedSelect = `SELECT COALESCE(t.printed, t.serial_key), t.state FROM token t
		JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
		WHERE t.account_id = $1 AND NOT EXISTS (SELECT 1 FROM binding bi WHERE bi.token_id = t.id AND bi.closed_at IS NULL) ORDER BY t.serial_key`
)

// Account reads one account with all that it ever had.
func (q *queries) Account(a token.Account) (d report.AccountDetail, err error) {
	var id int64
	d.Account, id, err = scanAccount(q.row(accountSelect+` WHERE a.key = $1`, a.Key()))
	if notFound(err) {
		d.Account, id, err = scanAccount(q.row(accountSelect+` WHERE a.id = (SELECT account_id FROM former_account
			WHERE key = $1 ORDER BY until_list DESC LIMIT 1)`, a.Key()))
	}
	if notFound(err) {
		return d, q.noSuchAccount(a)
	}
	if err != nil {
		return d, err
	}
	d.Former, d.Held = []report.FormerAccount{}, []report.HeldToken{}
	if err := q.formerNames(id, &d); err != nil {
		return d, err
	}
	if err := q.heldTokens(id, &d); err != nil {
		return d, err
	}
	return d, q.pastAssignments(id, &d)
}

func (q *queries) formerNames(id int64, d *report.AccountDetail) error {
	return q.each(formerSelect, []any{id}, func(rows *sql.Rows) error {
		var f report.FormerAccount
		var at sql.NullInt64
		err := rows.Scan(&f.Account, &at)
		f.Until = fromNanos(at)
		d.Former = append(d.Former, f)
		return err
	})
}

func (q *queries) heldTokens(id int64, d *report.AccountDetail) error {
	err := q.each(assignedSelect, []any{id}, func(rows *sql.Rows) error {
		var h report.HeldToken
		err := rows.Scan(&h.Serial, (*stateCode)(&h.State))
		d.Held = append(d.Held, h)
		return err
	})
	if err != nil {
		return err
	}
	return q.each(heldSelect, []any{id}, func(rows *sql.Rows) error {
		var h report.HeldToken
		var opened, closed sql.NullInt64
		var by, proof, ticket sql.NullString
		err := rows.Scan(&h.Serial, (*stateCode)(&h.State), &opened, &closed, &by, &proof, &h.Codes, &ticket)
		h.Bound, h.Ended = orNil(fromNanos(opened)), orNil(fromNanos(closed))
		h.By, h.Proof, h.Ticket = filledOrNil(by), filledOrNil(proof), filledOrNil(ticket)
		d.Held = append(d.Held, h)
		return err
	})
}

func (q *queries) noSuchAccount(a token.Account) error {
	err := fault.Errorf(fault.NotFound, "there is no account %s", a)
	near, nearErr := q.NearAccounts(a, maxNear)
	if nearErr != nil || len(near) == 0 {
		return err.WithHint("%s shows those that are here", fault.Do("account list"))
	}
	names := make([]string, len(near))
	for i, n := range near {
		names[i] = string(n)
	}
	return err.WithHint("near it: %s", strings.Join(names, ", "))
}
