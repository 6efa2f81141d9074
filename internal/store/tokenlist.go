package store

import (
	"database/sql"
	"encoding/binary"
	"iter"
	"time"

	"fob/internal/report"
	"fob/internal/token"
)

// lock is when failures lock a token, as the policy has it.
func (q *queries) lock() (token.Lock, error) {
	p, err := token.PolicyOf(q)
	return p.Lock, err
}

// reportSelect reads tokens as reports show them, with the open binding and the
// newest measured drift.
const reportSelect = `SELECT ` + tokenFields + `, ` + lastCondition + `, substr(t.seed, 1, 5), bi.opened_at, bi.uuid, bi.by_name, bi.approver, bi.proof, bi.codes, bi.ticket,
	o.at, o.drift, o.rate` + tokenTables + openBinding + `
LEFT JOIN observation o ON o.id = (SELECT MAX(id) FROM observation WHERE token_id = t.id)`

// Tokens streams the tokens that a filter selects.
func (q *queries) Tokens(f report.Filter) iter.Seq2[report.Token, error] {
	l, err := q.listing(f)
	if err != nil || l.nothing {
		return failed[report.Token](err)
	}
	q.ahead(reportedAsks...)
	handed, err := q.handedTo()
	if err != nil {
		return failed[report.Token](err)
	}
	return q.reported(l, handed)
}

// Find reads one token as reports show it.
func (q *queries) Find(serial token.Serial) (t report.Token, err error) {
	q.ahead(reportedAsks...)
	found, err := q.Token(serial) // as people say it
	if err != nil {
		return t, err
	}
	l := listing{order: `t.id`, limit: 1}
	l.where(`t.id = ?`, found.ID)
	handed, err := q.HandedTo(found.ID)
	if err != nil {
		return t, err
	}
	for t, err := range q.reported(l, func(int64) []string { return handed }) {
		return t, err
	}
	return t, q.noSuchToken(serial)
}

// reportedAsks are what reported asks beside the tokens.
var reportedAsks = []Ask{{policySelect, nil}, {batchSelect(``), nil}, {profileSelect, nil}}

func (q *queries) reported(l listing, handed func(id int64) []string) iter.Seq2[report.Token, error] {
	lock, err := q.lock()
	if err != nil {
		return failed[report.Token](err)
	}
	batches := map[int64]*report.Batch{} // what thousands of tokens share
	all, err := q.batchRows(``)
	if err != nil {
		return failed[report.Token](err)
	}
	for i := range all {
		batches[all[i].id] = &all[i].Batch
	}
	l.where(visible)
	scan := q.tokenScanner()
	return selected(q, func(row scanner) (report.Token, error) {
		var bound, seen time.Time
		var condition string
		var sealed []byte
		var b report.Binding
		var drift sql.NullFloat64
		var rate *float64
		t, err := scan(row, &condition, &sealed, inNanos(&bound), orZero(&b.ID), orZero(&b.By), orNoText(&b.Approver), orZero(&b.Proof), orZero(&b.Codes), orZero(&b.Ticket),
			inNanos(&seen), &drift, &rate)
		if err != nil {
			return report.Token{}, err
		}
		t.BoundAt, t.Condition = bound, condition
		var last *token.Observation
		if !seen.IsZero() {
			last = &token.Observation{At: seen, Drift: drift.Float64, Rate: rate}
		}
		r := report.FromToken(t, last, lock)
		r.Deliver(batches[t.BatchID])
		if b.ID != "" {
			r.Bind(b)
		}
		r.HandTo(handed(t.ID))
		if len(sealed) == 5 { // behind the version stands the number of the key (custody.Keyring.Seal)
			r.SeedKey = new(int64(binary.BigEndian.Uint32(sealed[1:])))
		}
		return r, nil
	}, l, reportSelect)
}

// orNoText scans NULL and "" as nil.
func orNoText(to **string) scanFunc {
	return func(v any) error {
		var s string
		err := orZero(&s)(v)
		if *to = nil; s != "" {
			*to = &s
		}
		return err
	}
}

// Imported streams the facts of every token that the tables hold, those of
// withdrawn batches too while they are there. Of the filter, batch and prefix
// count; the order is that of Tokens.
func (q *queries) Imported(f report.Filter) iter.Seq2[token.Facts, error] {
	l, err := q.listing(report.Filter{Batch: f.Batch, Prefix: f.Prefix})
	if err != nil {
		return failed[token.Facts](err)
	}
	scan := q.tokenScanner()
	return stream(q, func(row scanner) (token.Facts, error) {
		t, err := scan(row)
		return t.Facts, err
	}, l.from(`SELECT `+tokenFields+tokenTables), l.args...)
}

const bindingSelect = `SELECT ` + printed + `, a.name, bi.opened_at, bi.closed_at, bi.by_name, bi.approver, bi.proof, bi.codes, bi.ticket, bi.uuid
FROM token t
JOIN batch b ON b.id = t.batch_id AND ` + visible + `
JOIN binding bi ON bi.token_id = t.id
JOIN account a ON a.id = bi.account_id`

// Bindings streams the bindings of the tokens that a filter selects.
func (q *queries) Bindings(f report.Filter) iter.Seq2[report.Binding, error] {
	f.Limit, f.After = 0, ""
	l, err := q.listing(f)
	if err != nil || l.nothing {
		return failed[report.Binding](err)
	}
	l.order += `, bi.id`
	return stream(q, func(row scanner) (b report.Binding, err error) {
		err = row.Scan(&b.Serial, &b.Account, inNanos(&b.OpenedAt), nanosOrNil(&b.ClosedAt), &b.By, orNoText(&b.Approver), &b.Proof, &b.Codes, &b.Ticket, &b.ID)
		return b, err
	}, l.from(bindingSelect), l.args...)
}

// LocationCounts counts the tokens that a filter selects by place and state, in one
// walk; where the filter begins and ends a page does not count.
func (q *queries) LocationCounts(f report.Filter) ([]report.LocationCount, error) {
	f.Limit, f.After = 0, ""
	l, err := q.listing(f)
	if err != nil || l.nothing {
		return nil, err
	}
	return collect(q, func(row scanner) (c report.LocationCount, err error) {
		err = row.Scan(&c.Location, (*stateCode)(&c.State), &c.Tokens)
		return c, err
	}, `SELECT COALESCE(l.name, ''), c.state, SUM(c.n)
		FROM (SELECT t.location_id, t.state, t.batch_id, COUNT(*) AS n FROM token t `+l.conditions()+` GROUP BY t.location_id, t.state, t.batch_id) c
		JOIN batch b ON b.id = c.batch_id AND `+visible+`
		LEFT JOIN location l ON l.id = c.location_id
		GROUP BY l.name, c.state`, l.args...)
}

const shelvedSelect = `SELECT t.id, ` + printed + `, t.state, COALESCE(a.name, ''), COALESCE(l.name, ''), COALESCE(a.listed, 1) = 0
	FROM token t JOIN batch b ON b.id = t.batch_id AND ` + visible + `
	LEFT JOIN location l ON l.id = t.location_id LEFT JOIN account a ON a.id = t.account_id WHERE `

func scanShelved(row scanner) (t report.Shelved, err error) {
	err = row.Scan(&t.ID, &t.Serial, (*stateCode)(&t.State), &t.Account, &t.Location, &t.Left)
	return t, err
}

// Scanned finds the tokens that have one of these serial keys; for a key that none
// has, those that have it but for their dashes.
func (q *queries) Scanned(keys []string) (all []report.Shelved, err error) {
	found := map[string]bool{}
	for _, column := range []string{`t.serial_key`, `t.bare`} {
		var rest []string
		for _, key := range keys {
			if !found[key] {
				rest = append(rest, key)
			}
		}
		err := inChunks(rest, func(list string, args []any) error {
			more, err := collect(q, scanShelved, shelvedSelect+column+` IN (`+list+`)`, args...)
			all = append(all, more...)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			found[t.Serial.Key()] = true
		}
	}
	return all, nil
}

// ShelvedAt streams the tokens in stock and quarantined at a place or below it.
func (q *queries) ShelvedAt(location string) iter.Seq2[report.Shelved, error] {
	within, err := q.locationsWithin(location)
	if err != nil || len(within) == 0 {
		return failed[report.Shelved](err)
	}
	return stream(q, scanShelved, shelvedSelect+`t.state IN (`+codesOf(token.InStock, token.Quarantined)+`)
		AND t.location_id IN (`+places(1, len(within))+`) ORDER BY t.id`, within...)
}

// leaversSelect finds tokens by their accounts: of those who left there are few.
const leaversSelect = `SELECT a.name, a.full_name, a.listed, a.listed_since, ` + printed + `, t.state, COALESCE(t.state_since, b.imported_at), bi.opened_at
	FROM account a CROSS JOIN token t JOIN batch b ON b.id = t.batch_id AND ` + visible + openBinding

// Leavers streams the tokens of accounts that are not on the newest list, in the
// order of accounts.
func (q *queries) Leavers(f report.LeaverFilter) iter.Seq2[report.Leaver, error] {
	l, err := q.leavers(f)
	if err != nil || l.nothing {
		return failed[report.Leaver](err)
	}
	return stream(q, func(row scanner) (r report.Leaver, err error) {
		var listed sql.NullBool
		err = row.Scan(&r.Account, orNoText(&r.FullName), &listed, nanosOrNil(&r.LeftAt), &r.Serial, (*stateCode)(&r.State), inNanos(&r.Since), nanosOrNil(&r.BoundAt))
		r.Why = report.WhyLeft
		if !listed.Valid {
			r.Why = report.WhyUnknown
		}
		return r, err
	}, l.from(leaversSelect), l.args...)
}

func (q *queries) leavers(f report.LeaverFilter) (listing, error) {
	f.Tokens.Limit, f.Tokens.After = 0, ""
	l, err := q.listing(f.Tokens)
	l.order = `a.key, t.serial_key`
	l.where(`t.account_id = a.id`)
	if f.Unknown {
		l.where(`(a.listed = 0 OR a.listed IS NULL AND EXISTS (SELECT 1 FROM account_list))`)
	} else {
		l.where(`a.listed = 0`)
	}
	return l, err
}

// Summary reads what heads an export.
func (q *queries) Summary() (s report.Summary, err error) {
	s.StoreID, s.States = q.id.String(), map[token.State]int{}
	if s.Batches, err = q.Batches(); err != nil {
		return s, err
	}
	for _, b := range s.Batches {
		for state, n := range b.States {
			s.States[state] += n
			s.Tokens += n
		}
	}
	s.Head, err = q.Head()
	return s, err
}

// StoreID is the store's own id.
func (q *queries) StoreID() (string, error) { return q.id.String(), nil }
