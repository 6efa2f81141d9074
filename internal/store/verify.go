package store

import (
	"context"
	"database/sql"
	"iter"

	"fob/internal/token"
	"fob/internal/trail"
)

// Verify holds trail, tables and schema against each other, in one consistent
// state.
func (s *Store) Verify(ctx context.Context, checkpoint *trail.Checkpoint) (r trail.Report, err error) {
	err = s.snapshots(ctx, readersOfVerify, func(readers []*queries) error {
		v := newVerifier(readers)
		defer v.wait()
		if r, err = trail.VerifyStore(s.id, v.events(), v, checkpoint); err != nil {
			return err
		}
		problems, err := v.schema()
		for _, p := range problems {
			r.Problemf("schema: %s", p)
		}
		return err
	})
	if s.unreadable(ctx, err) {
		r.Problemf("the tables cannot be read to their end: %v", err)
		err = nil
	}
	return r, err
}

// StoreRow reads the store itself.
func (q *queries) StoreRow() (row trail.StoreRow, err error) {
	if err := q.row(`SELECT created_at, checkpoint_pub, newest_at FROM store`).Scan((*atNanos)(&row.Created), &row.CheckpointPub, (*atNanos)(&row.Newest)); err != nil {
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
		var c trail.CustodianRow
		err := rows.Scan(&c.Recipient, &c.Kind, (*atNanos)(&c.Added))
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
func (q *queries) BatchRows() iter.Seq2[trail.BatchRow, error] {
	return stream(q, `SELECT id, uuid, number, first_id, last_id, file, sha256, format, options, order_no, supplier, COALESCE(expected, 0),
		location, COALESCE(received, ''), records, new, unchanged, refused, imported_at, by_kind, by_id, by_name,
		quarantined_at, withdrawn_at FROM batch WHERE loading = 0`,
		func(rows *sql.Rows) (b trail.BatchRow, err error) {
			err = rows.Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &b.File, &b.SHA256, &b.Format, &b.Options, &b.Order,
				&b.Supplier, &b.Expected, &b.Location, &b.Received, &b.Records, &b.New, &b.Unchanged, &b.Refused, (*atNanos)(&b.At), &b.By.Kind, &b.By.ID, &b.By.Name,
				(*atNanos)(&b.Quarantined), (*atNanos)(&b.Withdrawn))
			return b, err
		})
}

// ErasedRows reads which texts were let go.
func (q *queries) ErasedRows() iter.Seq2[trail.ErasedRow, error] {
	return stream(q, `SELECT seq, field, by_seq FROM erased_text ORDER BY seq, field`, func(rows *sql.Rows) (r trail.ErasedRow, err error) {
		err = rows.Scan(&r.Seq, &r.Field, &r.By)
		return r, err
	})
}

// BindingRows reads all bindings, past and present.
func (q *queries) BindingRows() iter.Seq2[trail.BindingRow, error] {
	l := newLoose(13)
	return stream(q, `SELECT bi.uuid, COALESCE(t.printed, t.serial_key), a.name, bi.opened_at, bi.closed_at,
		bi.by_kind, bi.by_id, bi.by_name, bi.proof, bi.ticket, bi.codes, bi.condition, bi.approver
		FROM binding bi JOIN token t ON t.id = bi.token_id JOIN account a ON a.id = bi.account_id ORDER BY bi.id`,
		func(rows *sql.Rows) (b trail.BindingRow, err error) {
			if err := rows.Scan(l.into...); err != nil {
				return b, err
			}
			return trail.BindingRow{UUID: l.text(0), Serial: token.Serial(l.text(1)), Account: l.text(2), Opened: l.nanos(3), Closed: l.nanos(4),
				By:    token.Operator{Kind: token.OperatorKind(l.text(5)), ID: l.text(6), Name: l.text(7)},
				Proof: l.text(8), Ticket: l.text(9), Codes: int(l.int(10)), Condition: l.text(11), Approver: l.text(12)}, l.err
		})
}
