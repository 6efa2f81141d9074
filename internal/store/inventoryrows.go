package store

import (
	"database/sql"
	"encoding/binary"
	"iter"

	"fob/internal/report"
	"fob/internal/token"
)

// reportSelect reads tokens as reports show them. What thousands of tokens share
// is looked up beside it, once in a reading. Of a sealed seed it takes the number
// of the key alone, which stands behind the version (custody.Keyring.Seal).
const reportSelect = `
SELECT t.id, COALESCE(t.printed, t.serial_key), t.profile_id, t.batch_id, t.counter, t.not_before, t.not_after, t.manufactured,
       t.location_id, substr(t.seed, 2, 4), t.state, t.state_since, a.name, t.watermark, t.failures, t.locked_until, t.issued,
       bi.uuid, bi.opened_at, bi.by_name, bi.approver, bi.proof, bi.codes, bi.ticket, lo.reported_at, lo.stolen, o.at, o.drift, o.rate,
       ` + lastCondition + `
FROM token t
JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
LEFT JOIN account a ON a.id = t.account_id
LEFT JOIN binding bi ON bi.token_id = t.id AND bi.closed_at IS NULL
LEFT JOIN loss lo ON lo.token_id = t.id
LEFT JOIN observation o ON o.id = (SELECT MAX(id) FROM observation WHERE token_id = t.id)`

// lookups are what thousands of tokens have in common.
type lookups struct {
	profiles  map[int64]token.Profile
	batches   map[int64]*report.Batch
	locations map[int64]string
	lock      token.Lock
}

func (q *queries) lookups() (s lookups, err error) {
	if s.lock, err = q.lock(); err != nil {
		return s, err
	}
	if s.profiles, err = q.Profiles(); err != nil {
		return s, err
	}
	s.batches = map[int64]*report.Batch{}
	err = q.each(batchSelect, nil, func(rows *sql.Rows) error {
		id, b, _, err := scanBatch(rows)
		s.batches[id] = &b
		return err
	})
	if err != nil {
		return s, err
	}
	s.locations, err = q.locationNames()
	return s, err
}

// reported is a row of reportSelect, to be scanned into again and again.
type reported struct {
	profile, batch                                                               int64
	location, notBefore, notAfter, made, since, mark, locked, opened, lost, seen sql.NullInt64
	account, binding, by, approver, proof, ticket                                sql.NullString
	codes                                                                        sql.NullInt64
	stolen                                                                       sql.NullBool
	drift, rate                                                                  sql.NullFloat64
	sealedBy                                                                     sql.RawBytes
	t                                                                            token.Token
}

func (s lookups) scan(row *sql.Rows, r *reported) (report.Token, error) {
	r.t = token.Token{}
	t := &r.t
	err := row.Scan(&t.ID, (*string)(&t.Serial), &r.profile, &r.batch, &t.Counter, &r.notBefore, &r.notAfter, &r.made,
		&r.location, &r.sealedBy, (*stateCode)(&t.State), &r.since, &r.account, &r.mark, &t.Failures, &r.locked, &t.Issued,
		&r.binding, &r.opened, &r.by, &r.approver, &r.proof, &r.codes, &r.ticket, &r.lost, &r.stolen, &r.seen, &r.drift, &r.rate, &t.Condition)
	if err != nil {
		return report.Token{}, err
	}
	batch := s.batches[r.batch]
	t.Software = batch.Format == token.VirtualFormat
	t.Profile, t.Location, t.Account = s.profiles[r.profile], s.locations[r.location.Int64], token.Account(r.account.String)
	t.NotBefore, t.NotAfter, t.Manufactured = fromSeconds(r.notBefore), fromSeconds(r.notAfter), fromSeconds(r.made)
	t.ImportedAt, t.Since = batch.ImportedAt, batch.ImportedAt
	if r.since.Valid {
		t.Since = fromNanos(r.since)
	}
	t.BoundAt, t.LockedUntil, t.SeedDestroyed = fromNanos(r.opened), fromNanos(r.locked), r.sealedBy == nil
	t.Loss = token.Loss{Reported: fromNanos(r.lost), Stolen: r.stolen.Bool}
	t.Watermark = token.Mark{Step: r.mark.Int64, Known: r.mark.Valid}
	return r.asReported(batch, s.lock), nil
}

// asReported puts together what was scanned.
func (r *reported) asReported(batch *report.Batch, lock token.Lock) report.Token {
	var last *token.Observation
	if r.seen.Valid {
		last = &token.Observation{At: fromNanos(r.seen), Drift: r.drift.Float64}
		if r.rate.Valid {
			last.Rate = new(r.rate.Float64)
		}
	}
	row := report.FromToken(r.t, last, lock)
	row.Deliver(batch)
	if r.opened.Valid {
		row.Bind(report.Binding{ID: r.binding.String, By: r.by.String, Approver: filledOrNil(r.approver), Proof: r.proof.String, Ticket: r.ticket.String, Codes: int(r.codes.Int64)})
	}
	if len(r.sealedBy) == 4 {
		row.SeedKey = new(int64(binary.BigEndian.Uint32(r.sealedBy)))
	}
	return row
}

// tokens is the body of the sequence that Tokens gives.
func (q *queries) tokens(l listing, yield func(report.Token, error) bool) {
	s, err := q.lookups()
	if err != nil {
		yield(report.Token{}, err)
		return
	}
	rows, err := q.tx.QueryContext(q.ctx, l.query(), l.args...)
	if err != nil {
		yield(report.Token{}, err)
		return
	}
	defer rows.Close()
	var scratch reported
	for rows.Next() {
		t, err := s.scan(rows, &scratch)
		if !yield(t, err) || err != nil {
			return
		}
	}
	if err := rows.Err(); err != nil {
		yield(report.Token{}, err)
	}
}

// Find reads one token as reports show it.
func (q *queries) Find(serial token.Serial) (report.Token, error) {
	found, err := q.Token(serial) // as people say it
	if err != nil {
		return report.Token{}, err
	}
	l := listing{order: `t.id`}
	l.where(`t.id = ?`, found.ID)
	var t report.Token
	q.tokens(l, func(next report.Token, bad error) bool { t, err = next, bad; return true })
	return t, err
}

const bindingSelect = `
SELECT COALESCE(t.printed, t.serial_key), a.name, bi.opened_at, bi.closed_at, bi.by_name, bi.approver, bi.proof, bi.codes, bi.ticket, bi.uuid
FROM token t
JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
JOIN binding bi ON bi.token_id = t.id
JOIN account a ON a.id = bi.account_id`

// Bindings streams the bindings of the tokens that a filter selects.
func (q *queries) Bindings(f report.Filter) iter.Seq2[report.Binding, error] {
	return func(yield func(report.Binding, error) bool) {
		f.Limit, f.After = 0, ""
		l, err := q.listing(f)
		if err != nil || l.nothing {
			if err != nil {
				yield(report.Binding{}, err)
			}
			return
		}
		rows, err := q.tx.QueryContext(q.ctx, bindingSelect+l.conditions()+` ORDER BY `+l.order+`, bi.id`, l.args...)
		if err != nil {
			yield(report.Binding{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var b report.Binding
			var opened, closed sql.NullInt64
			var approver sql.NullString
			err := rows.Scan(&b.Serial, &b.Account, &opened, &closed, &b.By, &approver, &b.Proof, &b.Codes, &b.Ticket, &b.ID)
			b.OpenedAt, b.ClosedAt = fromNanos(opened), orNil(fromNanos(closed))
			b.Approver = filledOrNil(approver)
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(report.Binding{}, err)
		}
	}
}
