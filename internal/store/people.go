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
	hasLeft    = `a.listed = 0`
	isAbsent   = `(a.listed = 0 OR a.listed IS NULL AND EXISTS (SELECT 1 FROM account_list))`
	newestList = `SELECT number, at, file, sha256, listed, gone, renamed FROM account_list ORDER BY number DESC LIMIT 1`
)

// Leavers streams the tokens of accounts that are not on the newest list, in the
// order of accounts.
func (q *queries) Leavers(f report.LeaverFilter) iter.Seq2[report.Leaver, error] {
	l, err := q.leavers(f)
	if err != nil {
		return failed[report.Leaver](err)
	}
	if l.nothing {
		return func(func(report.Leaver, error) bool) {}
	}
	return stream(q, l.from(leaversSelect), func(rows *sql.Rows) (l report.Leaver, err error) {
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
	}, l.args...)
}

func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

func (q *queries) leavers(f report.LeaverFilter) (listing, error) {
	f.Tokens.Limit, f.Tokens.After = 0, ""
	l, err := q.listing(f.Tokens)
	l.order = `a.key, t.serial_key`
	if f.Unknown {
		l.where(isAbsent)
	} else {
		l.where(hasLeft)
	}
	return l, err
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
