package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"

	sqlite3 "modernc.org/sqlite/lib"

	"fob/internal/audit"
	"fob/internal/report"
	"fob/internal/token"
)

// Verify holds trail, tables and schema against each other, in one consistent
// state.
func (s *Store) Verify(ctx context.Context, checkpoint *audit.Checkpoint) (r audit.Report, err error) {
	err = s.snapshot(ctx, func(q *queries) error {
		if r, err = audit.VerifyStore(s.id, q.Events(report.EventFilter{}), q, checkpoint); err != nil {
			return err
		}
		problems, err := q.SchemaProblems()
		for _, p := range problems {
			r.Problemf("schema: %s", p)
		}
		return err
	})
	if unreadable(ctx, err) {
		r.Problemf("the tables cannot be read to their end: %v", err)
		err = nil
	}
	return r, err
}

// unreadable tells of an error whether it is the tables that are at fault: a
// value of no possible kind, a row that must be there, a damaged page. That is a
// finding, not a failure to look.
func unreadable(ctx context.Context, err error) bool {
	switch code(err) {
	case 0:
		return err != nil && ctx.Err() == nil
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return false
}

var _ audit.Tables = (*queries)(nil)

// StoreRow reads the store itself.
func (q *queries) StoreRow() (row audit.StoreRow, err error) {
	if err := q.row(`SELECT created_at, checkpoint_pub, newest_at FROM store`).Scan(&row.Created, &row.CheckpointPub, &row.Newest); err != nil {
		return row, err
	}
	err = q.each(`SELECT id, purpose, wrapped, created_at FROM store_key ORDER BY id`, nil, func(rows *sql.Rows) error {
		var k Key
		var created sql.NullInt64
		err := rows.Scan(&k.ID, &k.Purpose, &k.Wrapped, &created)
		row.Keys = append(row.Keys, k.Row(fromNanos(created)))
		return err
	})
	if err != nil {
		return row, err
	}
	err = q.each(`SELECT recipient, kind, added_at FROM custodian ORDER BY recipient`, nil, func(rows *sql.Rows) error {
		var c audit.CustodianRow
		err := rows.Scan(&c.Recipient, &c.Kind, &c.Added)
		row.Custodians = append(row.Custodians, c)
		return err
	})
	return row, err
}

// stream gives the rows of a query one by one; the first error ends them.
func stream[T any](q *queries, query string, scan func(*sql.Rows) (T, error), args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		rows, err := q.tx.QueryContext(q.ctx, query, args...)
		if err != nil {
			yield(zero, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			row, err := scan(rows)
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, err)
		}
	}
}

// BatchRows reads all whole batches.
func (q *queries) BatchRows() iter.Seq2[audit.BatchRow, error] {
	return stream(q, `SELECT id, uuid, number, first_id, last_id, file, sha256, format, options, order_no, supplier, COALESCE(expected, 0),
		location, COALESCE(received, ''), records, new, unchanged, refused, imported_at, by_uid, by_name,
		COALESCE(quarantined_at, 0), COALESCE(withdrawn_at, 0) FROM batch WHERE loading = 0`,
		func(rows *sql.Rows) (b audit.BatchRow, err error) {
			err = rows.Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &b.File, &b.SHA256, &b.Format, &b.Options, &b.Order,
				&b.Supplier, &b.Expected, &b.Location, &b.Received, &b.Records, &b.New, &b.Unchanged, &b.Refused, &b.At, &b.By.UID, &b.By.Name,
				&b.Quarantined, &b.Withdrawn)
			return b, err
		})
}

// TokenRows reads all tokens in the order of their ids, with their drifts. The
// first error of either ends them.
func (q *queries) TokenRows() iter.Seq2[audit.TokenRow, error] {
	return func(yield func(audit.TokenRow, error) bool) {
		drifts, stop := iter.Pull2(q.observations())
		defer stop()
		next, err, more := drifts()
		for row, rowErr := range q.tokenRows() {
			for ; more && err == nil && next.token <= row.ID; next, err, more = drifts() {
				if next.token == row.ID {
					row.Observations = append(row.Observations, next.Observation)
				}
			}
			if rowErr == nil && more && err != nil {
				rowErr = err
			}
			if !yield(row, rowErr) || rowErr != nil {
				return
			}
		}
		if more && err != nil { // met with no token left to tell it with
			yield(audit.TokenRow{}, err)
		}
	}
}

func (q *queries) tokenRows() iter.Seq2[audit.TokenRow, error] {
	return stream(q, `SELECT t.id, COALESCE(t.printed, t.serial_key), t.serial_key, p.manufacturer, p.model, p.type, p.hash, p.digits, p.period, p.t0,
		t.counter, COALESCE(t.not_before, 0), COALESCE(t.not_after, 0), COALESCE(t.manufactured, 0), t.fingerprint,
		b.uuid, t.state, COALESCE(a.name, ''), COALESCE(t.state_since, b.imported_at), t.watermark, t.failures,
		COALESCE(t.locked_until, 0), t.issued, COALESCE(l.name, ''),
		COALESCE(lo.reported_at, 0), COALESCE(lo.stolen, 0), t.seed IS NOT NULL
		FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0 JOIN profile p ON p.id = t.profile_id
		LEFT JOIN account a ON a.id = t.account_id LEFT JOIN location l ON l.id = t.location_id
		LEFT JOIN loss lo ON lo.token_id = t.id ORDER BY t.id`,
		func(rows *sql.Rows) (r audit.TokenRow, err error) {
			c, m := &r.Columns, &r.After
			err = rows.Scan(&c.ID, &c.Serial, &r.SerialKey, &c.Manufacturer, &c.Model, &c.Type, &c.Hash, &c.Digits, &c.Period, &c.T0,
				&c.Counter, &c.NotBefore, &c.NotAfter, &c.Manufactured, &c.Fingerprint,
				&r.Batch, (*stateCode)(&r.State), &r.Account, &m.Since, &m.Watermark, &m.Failures, &m.LockedUntil, &m.Issued, &m.Location,
				&m.Reported, &m.Stolen, &r.HasSeed)
			return r, err
		})
}

// ownedObservation is a measured drift with the token that it is of.
type ownedObservation struct {
	audit.Observation
	token int64
}

func (q *queries) observations() iter.Seq2[ownedObservation, error] {
	return stream(q, `SELECT token_id, at, drift, rate FROM observation ORDER BY token_id, id`,
		func(rows *sql.Rows) (o ownedObservation, err error) {
			err = rows.Scan(&o.token, &o.At, &o.Drift, &o.Rate)
			return o, err
		})
}

// AccountRows reads the names of all accounts.
func (q *queries) AccountRows() iter.Seq2[string, error] {
	return stream(q, `SELECT name FROM account`, func(rows *sql.Rows) (name string, err error) {
		err = rows.Scan(&name)
		return name, err
	})
}

// ErasedRows reads which texts were let go.
func (q *queries) ErasedRows() iter.Seq2[audit.ErasedRow, error] {
	return stream(q, `SELECT seq, field, by_seq FROM erased_text ORDER BY seq, field`, func(rows *sql.Rows) (r audit.ErasedRow, err error) {
		err = rows.Scan(&r.Seq, &r.Field, &r.By)
		return r, err
	})
}

// BindingRows reads all bindings, past and present.
func (q *queries) BindingRows() iter.Seq2[audit.BindingRow, error] {
	return stream(q, `SELECT bi.uuid, COALESCE(t.printed, t.serial_key), a.name, bi.opened_at, COALESCE(bi.closed_at, 0),
		bi.by_uid, bi.by_name, bi.proof, bi.ticket, bi.codes, bi.condition
		FROM binding bi JOIN token t ON t.id = bi.token_id JOIN account a ON a.id = bi.account_id ORDER BY bi.id`,
		func(rows *sql.Rows) (b audit.BindingRow, err error) {
			err = rows.Scan(&b.UUID, &b.Serial, &b.Account, &b.Opened, &b.Closed, &b.By.UID, &b.By.Name, &b.Proof, &b.Ticket, &b.Codes, &b.Condition)
			return b, err
		})
}

// contradiction is a question to tables that repeat, for speed, what others
// say: it must have no answer.
type contradiction struct{ query, words string }

var contradictions = []contradiction{
	{`SELECT serial_key FROM token WHERE COALESCE(bare, serial_key) <> replace(serial_key, '-', '')`,
		"token %s: it is found under another serial when its own is said without dashes"},
	{`SELECT t.serial_key FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.id NOT BETWEEN b.first_id AND b.last_id`,
		"token %s: its id is not one of its batch"},
	{`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id WHERE o.batch_id <> t.batch_id
		OR o.first <> CASE WHEN o.id = (SELECT MIN(id) FROM observation WHERE token_id = o.token_id) THEN 1 ELSE 0 END`,
		"token %s: a measured drift is filed under another batch, or falsely as the first"},
	{`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id WHERE o.rated <>
		CASE WHEN o.id = (SELECT MAX(id) FROM observation WHERE token_id = o.token_id)
		AND o.at - (SELECT at FROM observation WHERE id = (SELECT MIN(id) FROM observation WHERE token_id = o.token_id)) >= 7776000000000000
		THEN 1 ELSE 0 END`, "token %s: a measured drift counts falsely for its batch, or falsely not"},
	{`SELECT t.seq FROM audit_text t LEFT JOIN audit a ON a.seq = t.seq WHERE a.seq IS NULL`,
		"texts lie beside event %s, which is not there"},
	{`SELECT o.id FROM observation o LEFT JOIN token t ON t.id = o.token_id WHERE t.id IS NULL`,
		"the measured drift %s is of no token"},
	// Where nothing is known stands NULL. A 0 means the same to the replay, but not to
	// the queries: a batch that was withdrawn at 0 would not be seen by anybody.
	{`SELECT number FROM batch WHERE withdrawn_at = 0 OR quarantined_at = 0 OR expected = 0 OR received = ''`, "batch %s: it has a 0 where nothing is known"},
	{`SELECT uuid FROM binding WHERE closed_at = 0`, "binding %s: it has a 0 for its end"},
	{`SELECT serial_key FROM token WHERE 0 IN (not_before, not_after, manufactured, locked_until, state_since)`,
		"token %s: it has a 0 where nothing is known"},
	{`SELECT l.token_id FROM loss l LEFT JOIN token t ON t.id = l.token_id WHERE t.id IS NULL`,
		"a loss is filed under token id %s, which is not there"},
}

// Contradictions asks them, and compares the spelling of accounts with their
// keys.
func (q *queries) Contradictions() (found []string, err error) {
	if found, err = q.printProblems(); err != nil {
		return nil, err
	}
	for _, c := range contradictions {
		err := q.each(c.query, nil, func(rows *sql.Rows) error {
			var what string
			err := rows.Scan(&what)
			found = append(found, fmt.Sprintf(c.words, what))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var names []token.State
	err = q.each(`SELECT name FROM state ORDER BY code`, nil, func(rows *sql.Rows) error {
		var name token.State
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !slices.Equal(names, stateCodes) {
		found = append(found, "the names of the states are not fob's")
	}
	err = q.each(`SELECT name, key FROM account`, nil, func(rows *sql.Rows) error {
		var name token.Account
		var key string
		err := rows.Scan(&name, &key)
		if err == nil && name.Key() != key {
			found = append(found, "an account is filed under another name's key")
		}
		return err
	})
	return found, err
}
