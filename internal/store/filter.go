package store

import (
	"fmt"
	"strings"

	"fob/internal/report"
	"fob/internal/token"
)

// listing is a filter turned into a query.
type listing struct {
	parts   []string
	args    []any
	order   string
	limit   int
	nothing bool // it is known without looking that nothing is selected
}

// where adds a condition; each ? in it stands for one of the values.
func (l *listing) where(condition string, values ...any) {
	for _, v := range values {
		l.args = append(l.args, v)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(l.args)), 1)
	}
	l.parts = append(l.parts, condition)
}

func (l *listing) whereIn(column string, values []any) {
	if len(values) == 0 {
		l.nothing = true
		return
	}
	l.where(column+` IN (`+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+`)`, values...)
}

func (l *listing) conditions() string {
	if len(l.parts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(l.parts, ` AND `)
}

// from puts conditions, order and limit behind a query's beginning.
func (l *listing) from(query string) string {
	query += l.conditions() + ` ORDER BY ` + l.order
	if l.limit > 0 {
		query += fmt.Sprintf(` LIMIT %d`, l.limit)
	}
	return query
}

// listing looks up what a filter names first: a name that nothing has ends the
// search before it begins, and tokens are compared by numbers.
func (q *queries) listing(f report.Filter) (l listing, err error) {
	l = listing{limit: f.Limit}
	id := func(column, query string, key any) {
		n, lookup := value[int64](q.row(query, key))
		if notFound(lookup) {
			l.nothing = true
		} else if err == nil {
			err = lookup
		}
		l.where(column+` = ?`, n)
	}
	if f.State != "" {
		l.where(`t.state = ?`, stateCode(f.State))
		if f.State != token.InStock && f.Account == "" && f.Batch == 0 {
			// The index of states leaves out the tokens in stock, and is used only where
			// the query says that it wants none. An account, or a batch, has fewer tokens.
			l.where(`t.state <> ` + codesOf(token.InStock))
		}
	}
	if f.Account != "" {
		id(`t.account_id`, `SELECT id FROM account WHERE key = $1`, f.Account.Key())
	}
	if f.Batch != 0 {
		first := `t.id`
		if f.After != "" && f.Prefix == "" { // a walk begins at the token of the page before, not at the first
			first = `+t.id`
		}
		l.where(first+` >= (SELECT first_id FROM batch WHERE number = ?) AND t.id <= (SELECT last_id FROM batch WHERE number = ?)`, f.Batch, f.Batch)
	}
	if f.Manufacturer != "" || f.Model != "" || f.Type != "" {
		if lookup := q.byProfile(&l, f); err == nil {
			err = lookup
		}
	}
	if f.Location != "" {
		within, lookup := q.locationsWithin(f.Location)
		if l.whereIn(`t.location_id`, within); err == nil {
			err = lookup
		}
	}
	if !f.LockedAt.IsZero() { // for a while, or for good, which follows from failures and policy
		lock, lookup := q.lock()
		if l.where(`(t.locked_until > ? OR t.failures >= ?)`, f.LockedAt.UnixNano(), lock.ForGood); err == nil {
			err = lookup
		}
	}
	if f.Nowhere {
		l.where(`t.location_id IS NULL`)
	}
	if f.Marked {
		l.where(`t.id IN (SELECT token_id FROM loss WHERE leaked = 1 OR was_stolen = 1)`)
	}
	if !f.ExpiringBy.IsZero() {
		l.where(`t.not_after <= ?`, f.ExpiringBy.Unix())
	}
	if f.Verifier != "" {
		l.where(`EXISTS (SELECT 1 FROM delivered x JOIN delivery d ON d.id = x.delivery_id WHERE d.verifier = ?
			AND (x.first_id = t.id OR x.last_id > x.first_id AND x.first_id < t.id AND x.last_id >= t.id))`, f.Verifier)
	}
	if f.Ending != "" {
		l.where(`t.serial_key LIKE ? ESCAPE '!'`, `%`+likely.Replace(f.Ending.Key()))
	}
	if f.Prefix != "" {
		l.where(`t.serial_key >= ? AND t.serial_key < ?`, f.Prefix.Key(), prefixEnd(f.Prefix.Key()))
	}
	if lookup := q.pageOf(&l, f); err == nil {
		err = lookup
	}
	return l, err
}

// pageOf says in which order a list comes, and behind which token its page begins. It is
// the order of serials; of one batch, without a prefix, that of its file.
func (q *queries) pageOf(l *listing, f report.Filter) error {
	l.order = `t.serial_key`
	if f.Batch == 0 || f.Prefix != "" {
		if f.After != "" {
			l.where(`t.serial_key > ?`, f.After.Key())
		}
		return nil
	}
	l.order = `t.id`
	if f.After == "" {
		return nil
	}
	n, err := value[int64](q.row(`SELECT id FROM token WHERE serial_key = $1`, f.After.Key()))
	if l.where(`t.id > ?`, n); notFound(err) {
		return q.noSuchToken(f.After)
	}
	return err
}

// likely writes what LIKE takes for itself.
var likely = strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)

// ofBatch selects by the ids of a batch's tokens.
func (l *listing) ofBatch(id string, number int) {
	l.where(id+` BETWEEN (SELECT first_id FROM batch WHERE number = ?) AND (SELECT last_id FROM batch WHERE number = ?)`, number, number)
}

// byProfile selects by what a token's profile says.
func (q *queries) byProfile(l *listing, f report.Filter) error {
	profiles, err := q.Profiles()
	var ids []any
	for id, p := range profiles {
		if (f.Manufacturer == "" || strings.EqualFold(p.Manufacturer, f.Manufacturer)) &&
			(f.Model == "" || strings.EqualFold(p.Model, f.Model)) && (f.Type == "" || p.Type == f.Type) {
			ids = append(ids, id)
		}
	}
	if len(ids) < len(profiles) {
		l.whereIn(`t.profile_id`, ids)
	}
	return err
}
