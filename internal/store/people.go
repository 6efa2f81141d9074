package store

import (
	"database/sql"
	"iter"

	"fob/internal/report"
)

// leaversSelect finds tokens by their accounts: of those who left there are few. The
// sign keeps the engine from going the other way, through all tokens.
const (
	leaversSelect = `SELECT a.name, a.full_name, a.listed, a.listed_since, COALESCE(t.printed, t.serial_key), t.state,
		COALESCE(t.state_since, b.imported_at), bi.opened_at
		FROM account a JOIN token t ON t.account_id = +a.id
		JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
		LEFT JOIN binding bi ON bi.token_id = t.id AND bi.closed_at IS NULL `
	leftOrder   = `WHERE a.listed = 0 ORDER BY a.key, t.serial_key`
	absentOrder = `WHERE (a.listed = 0 OR a.listed IS NULL AND EXISTS (SELECT 1 FROM account_list)) ORDER BY a.key, t.serial_key`
	newestList  = `SELECT number, at, file, sha256, listed, gone, renamed FROM account_list ORDER BY number DESC LIMIT 1`
)

// Leavers streams the tokens of accounts that are not on the newest list, in the
// order of accounts.
func (q *queries) Leavers(f report.LeaverFilter) iter.Seq2[report.Leaver, error] {
	query := leaversSelect + leftOrder
	if f.Unknown {
		query = leaversSelect + absentOrder
	}
	return stream(q, query, func(rows *sql.Rows) (l report.Leaver, err error) {
		var name sql.NullString
		var listed, left, since, bound sql.NullInt64
		err = rows.Scan(&l.Account, &name, &listed, &left, &l.Serial, (*stateCode)(&l.State), &since, &bound)
		l.Since, l.BoundAt, l.Why = fromNanos(since), orNil(fromNanos(bound)), report.WhyUnknown
		if listed.Valid {
			l.Why, l.LeftAt = report.WhyLeft, orNil(fromNanos(left))
		}
		if name.String != "" {
			l.FullName = &name.String
		}
		return l, err
	})
}

// NewestList is the list that was taken in last; nil where there is none.
func (q *queries) NewestList() (*report.PeopleList, error) {
	var l report.PeopleList
	var at sql.NullInt64
	err := q.row(newestList).Scan(&l.Number, &at, &l.File, &l.SHA256, &l.Listed, &l.Left, &l.Renamed)
	if notFound(err) {
		return nil, nil
	}
	l.At = fromNanos(at)
	return &l, err
}
