package store

import (
	"fmt"
	"iter"
	"strings"

	"fob/internal/report"
	"fob/internal/token"
)

// Tokens streams the tokens that a filter selects, in the order of serials; of
// one batch, without a prefix, in the order of its file, which needs no sorting.
func (q *queries) Tokens(f report.Filter) iter.Seq2[report.Token, error] {
	return func(yield func(report.Token, error) bool) {
		l, err := q.listing(f)
		if err != nil {
			yield(report.Token{}, err)
			return
		}
		if !l.nothing {
			q.tokens(l, yield)
		}
	}
}

// listing is a filter turned into a query.
type listing struct {
	parts   []string
	args    []any
	order   string
	limit   int
	nothing bool // it is known without looking that nothing is selected
}

func (l *listing) where(condition string, values ...any) {
	for _, v := range values {
		l.args = append(l.args, v)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(l.args)), 1)
	}
	l.parts = append(l.parts, condition)
}

func unnumbered(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func (l *listing) conditions() string {
	if len(l.parts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(l.parts, ` AND `)
}

func (l *listing) query() string { return l.from(reportSelect) }

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
func (q *queries) listing(f report.Filter) (listing, error) {
	l := listing{order: `t.serial_key`, limit: f.Limit}
	steps := []func(*listing, report.Filter) error{q.byState, q.byBatch, q.byProfile, q.byPlace, q.byAccount, q.byLock}
	for _, step := range steps {
		if err := step(&l, f); err != nil || l.nothing {
			return l, err
		}
	}
	if !f.ExpiringBy.IsZero() {
		l.where(`t.not_after <= ?`, f.ExpiringBy.Unix())
	}
	if f.Prefix != "" {
		l.where(`t.serial_key >= ? AND t.serial_key < ?`, f.Prefix.Key(), f.Prefix.Key()+"\x7f")
	}
	return l, q.behind(&l, f)
}

// byLock selects what is locked: for a while, or for good, which is not stored
// but follows from the failures and the policy.
func (q *queries) byLock(l *listing, f report.Filter) error {
	if f.LockedAt.IsZero() {
		return nil
	}
	lock, err := q.lock()
	if err == nil {
		l.where(`(t.locked_until > ? OR t.failures >= ?)`, f.LockedAt.UnixNano(), lock.ForGood)
	}
	return err
}

func (q *queries) byState(l *listing, f report.Filter) error {
	if f.State == "" {
		return nil
	}
	l.where(`t.state = ?`, stateCode(f.State))
	if f.State != token.InStock && f.Account == "" && (f.Batch == 0 || passing(f.State)) {
		// It says to SQLite that the index token_by_state will do, and SQLite then
		// takes it: for an account, whose tokens are few, that would read every
		// token in the state.
		l.where(`t.state <> 0`)
	}
	return nil
}

// passing tells of a state that tokens are in for a while: of all the tokens of a
// store few are, fewer than a batch has.
func passing(s token.State) bool {
	return s == token.Assigned || s == token.Suspended || s == token.Quarantined || s == token.Lost
}

func (q *queries) byBatch(l *listing, f report.Filter) error {
	if f.Batch == 0 {
		return nil
	}
	var first, last int64
	err := q.row(`SELECT first_id, last_id FROM batch WHERE number = $1 AND loading = 0`, f.Batch).Scan(&first, &last)
	if notFound(err) {
		l.nothing = true
		return nil
	}
	id := `t.id`
	if f.State != token.InStock && passing(f.State) {
		id = `+t.id` // not the way to the rows: there are fewer in the state
	}
	l.where(id+` BETWEEN ? AND ?`, first, last)
	if inFileOrder(f) {
		l.order = `t.id`
	}
	return err
}

func inFileOrder(f report.Filter) bool { return f.Batch != 0 && f.Prefix == "" }

// behind begins behind a serial, which a page before ended with.
func (q *queries) behind(l *listing, f report.Filter) error {
	if f.After == "" {
		return nil
	}
	if !inFileOrder(f) {
		l.where(`t.serial_key > ?`, f.After.Key())
		return nil
	}
	var id int64
	err := q.row(`SELECT id FROM token WHERE serial_key = $1`, f.After.Key()).Scan(&id)
	if notFound(err) {
		return q.noSuchToken(f.After)
	}
	l.where(`t.id > ?`, id)
	return err
}

// byProfile selects by what a token's profile says.
func (q *queries) byProfile(l *listing, f report.Filter) error {
	if f.Manufacturer == "" && f.Model == "" && f.Type == "" {
		return nil
	}
	profiles, err := q.Profiles()
	if err != nil {
		return err
	}
	var ids []any
	for id, p := range profiles {
		if (f.Manufacturer == "" || strings.EqualFold(p.Manufacturer, f.Manufacturer)) &&
			(f.Model == "" || strings.EqualFold(p.Model, f.Model)) && (f.Type == "" || p.Type == f.Type) {
			ids = append(ids, id)
		}
	}
	switch {
	case len(ids) == 0:
		l.nothing = true
	case len(ids) < len(profiles):
		l.where(`t.profile_id IN (`+unnumbered(len(ids))+`)`, ids...)
	}
	return nil
}

func (q *queries) byPlace(l *listing, f report.Filter) error {
	if f.Location == "" {
		return nil
	}
	ids, err := q.locationsWithin(f.Location)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		l.nothing = true
		return nil
	}
	l.where(`t.location_id IN (`+unnumbered(len(ids))+`)`, ids...)
	return nil
}

func (q *queries) byAccount(l *listing, f report.Filter) error {
	if f.Account == "" {
		return nil
	}
	var id int64
	err := q.row(`SELECT id FROM account WHERE key = $1`, f.Account.Key()).Scan(&id)
	if notFound(err) {
		l.nothing = true
		return nil
	}
	l.where(`t.account_id = ?`, id)
	return err
}
