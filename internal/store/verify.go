package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"sync"

	"fob/internal/token"
	"fob/internal/trail"
)

// Verify holds trail, tables and schema against each other, in one consistent
// state. What does not depend on the trail is asked while the trail is replayed, on
// a connection of its own; a third one reads the trail.
func (s *Store) Verify(ctx context.Context, checkpoint *trail.Checkpoint) (r trail.Report, err error) {
	err = s.snapshots(ctx, 3, func(readers []*queries) error {
		t := &tables{queries: readers[0]}
		var schema []string
		var schemaErr error
		t.asked.Go(func() {
			t.found, t.err = readers[2].contradictions()
			schema, schemaErr = s.SchemaProblems(ctx, readers[2].tx)
		})
		defer t.asked.Wait()
		if r, err = trail.VerifyStore(s.id, trail.Ahead(readers[1].events(math.MinInt64, nil)), t, checkpoint); err != nil {
			return err
		}
		t.asked.Wait()
		for _, p := range schema {
			r.Problemf("schema: %s", p)
		}
		return schemaErr
	})
	if s.unreadable(ctx, err) {
		r.Problemf("the tables cannot be read to their end: %v", err)
		err = nil
	}
	return r, err
}

// tables are what the trail is held against.
type tables struct {
	*queries
	asked sync.WaitGroup
	found []string
	err   error
}

var _ trail.Tables = (*tables)(nil)

// Contradictions are what was asked meanwhile.
func (t *tables) Contradictions() ([]string, error) {
	t.asked.Wait()
	return t.found, t.err
}

// StoreRow reads the store itself.
func (q *queries) StoreRow() (row trail.StoreRow, err error) {
	if err := q.row(`SELECT created_at, checkpoint_pub, newest_at FROM store`).Scan(inNanos(&row.Created), &row.CheckpointPub, inNanos(&row.Newest)); err != nil {
		return row, err
	}
	row.Keys, err = collect(q, func(row scanner) (k trail.KeyRow, err error) {
		var wrapped []byte
		err = row.Scan(&k.ID, &k.Purpose, &wrapped, inNanos(&k.Created))
		return Key{ID: k.ID, Purpose: k.Purpose, Wrapped: wrapped}.Row(k.Created), err
	}, `SELECT id, purpose, wrapped, created_at FROM store_key ORDER BY id`)
	if err != nil {
		return row, err
	}
	row.Custodians, err = collect(q, func(row scanner) (c trail.CustodianRow, err error) {
		err = row.Scan(&c.Recipient, &c.Kind, inNanos(&c.Added))
		return c, err
	}, `SELECT recipient, kind, added_at FROM custodian ORDER BY recipient`)
	return row, err
}

// BatchRows reads all whole batches.
func (q *queries) BatchRows() iter.Seq2[trail.BatchRow, error] {
	return stream(q, func(row scanner) (b trail.BatchRow, err error) {
		err = row.Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &b.File, &b.SHA256, &b.Format, &b.Options, &b.Order,
			&b.Supplier, &b.Expected, &b.Location, &b.Received, &b.Records, &b.New, &b.Unchanged, &b.Refused, inNanos(&b.At), &b.By.Kind, &b.By.ID, &b.By.Name,
			inNanos(&b.Quarantined), inNanos(&b.Withdrawn))
		return b, err
	}, `SELECT id, uuid, number, first_id, last_id, file, sha256, format, options, order_no, supplier, COALESCE(expected, 0),
		location, COALESCE(received, ''), records, new, unchanged, refused, imported_at, by_kind, by_id, by_name,
		quarantined_at, withdrawn_at FROM batch WHERE loading = 0`)
}

// ErasedRows reads which texts were let go.
func (q *queries) ErasedRows() iter.Seq2[trail.ErasedRow, error] {
	return stream(q, func(row scanner) (r trail.ErasedRow, err error) {
		err = row.Scan(&r.Seq, &r.Field, &r.By)
		return r, err
	}, `SELECT seq, field, by_seq FROM erased_text ORDER BY seq, field`)
}

// BindingRows reads all bindings, past and present.
func (q *queries) BindingRows() iter.Seq2[trail.BindingRow, error] {
	return stream(q, func(row scanner) (b trail.BindingRow, err error) {
		err = row.Scan(&b.UUID, &b.Serial, &b.Account, inNanos(&b.Opened), inNanos(&b.Closed), &b.By.Kind, &b.By.ID, &b.By.Name,
			&b.Proof, &b.Ticket, &b.Codes, &b.Condition, &b.Approver)
		return b, err
	}, `SELECT bi.uuid, `+printed+`, a.name, bi.opened_at, bi.closed_at, bi.by_kind, bi.by_id, bi.by_name, bi.proof, bi.ticket, bi.codes, bi.condition, bi.approver
		FROM binding bi JOIN token t ON t.id = bi.token_id JOIN account a ON a.id = bi.account_id ORDER BY bi.id`)
}

// TokenRows reads all tokens in the order of their ids, in pages, so that measured
// drifts are put beside their tokens.
func (q *queries) TokenRows() iter.Seq2[trail.TokenRow, error] {
	const page = 5000
	scan := q.tokenScanner()
	return trail.Ahead(func(yield func(trail.TokenRow, error) bool) {
		for after := int64(math.MinInt64); ; {
			rows, err := collect(q, func(row scanner) (r trail.TokenRow, err error) {
				t, err := scan(row, &r.SerialKey, &r.Batch)
				r.Facts, r.Standing = t.Facts, t.Standing
				return r, err
			}, `SELECT `+tokenFields+`, t.serial_key, b.uuid`+tokenTables+` WHERE t.id > $1 AND b.loading = 0 ORDER BY t.id LIMIT $2`, after, page)
			if err == nil && len(rows) > 0 {
				after = rows[len(rows)-1].ID
				err = q.addObservations(rows)
			}
			for _, row := range rows {
				if err == nil && !yield(row, nil) {
					return
				}
			}
			if err != nil || len(rows) < page {
				failed[trail.TokenRow](err)(yield)
				return
			}
		}
	})
}

// addObservations puts measured drifts beside the tokens of a page.
func (q *queries) addObservations(rows []trail.TokenRow) error {
	return q.each(observationsOf, []any{rows[0].ID, rows[len(rows)-1].ID}, func(row scanner) error {
		var id int64
		var o token.Observation
		err := row.Scan(&id, inNanos(&o.At), &o.Drift, &o.Rate)
		if i, found := slices.BinarySearchFunc(rows, id, func(r trail.TokenRow, id int64) int { return int(r.ID - id) }); found {
			rows[i].Observations = append(rows[i].Observations, o)
		}
		return err
	})
}

// A contradiction is a question whose answers are put into the words.
type contradiction struct{ query, words string }

// contradictions are questions to tables that repeat, for speed, what others say:
// they must have no answer.
var contradictions = []contradiction{
	// Within the trail every number is there, or its lack is found anyway.
	{`SELECT seq FROM audit_text WHERE seq < (SELECT MIN(seq) FROM audit) OR seq > (SELECT MAX(seq) FROM audit)`,
		"texts lie beside event %s, which is not there"},
	// Where nothing is known stands NULL. A 0 means the same to the replay, but not to
	// the queries: a batch that was withdrawn at 0 would not be seen by anybody.
	{`SELECT number FROM batch WHERE withdrawn_at = 0 OR quarantined_at = 0 OR expected = 0 OR received = ''`, "batch %s: it has a 0 where nothing is known"},
	{`SELECT uuid FROM binding WHERE closed_at = 0`, "binding %s: it has a 0 for its end"},
	{`SELECT t.serial_key || ': ' || CASE WHEN b.id IS NULL THEN 'its batch is not there' WHEN t.id NOT BETWEEN b.first_id AND b.last_id THEN 'its id is not one of its batch'
			WHEN COALESCE(t.bare, t.serial_key) <> replace(t.serial_key, '-', '') THEN 'it is found under another serial when its own is said without dashes'
			ELSE 'it has a 0 where nothing is known' END
		FROM token t LEFT JOIN batch b ON b.id = t.batch_id
		WHERE COALESCE(b.loading, 0) = 0 AND (b.id IS NULL OR t.id NOT BETWEEN b.first_id AND b.last_id
			OR COALESCE(t.bare, t.serial_key) <> replace(t.serial_key, '-', '')
			OR 0 IN (t.not_before, t.not_after, t.manufactured, t.state_since, t.locked_until))`, "token %s"},
	{`SELECT id FROM account WHERE (listed IS NULL) <> (salt IS NULL)`, "account id %s is half on a list of people"},
	{`SELECT token_id FROM loss WHERE token_id NOT IN (SELECT id FROM token)`, "a loss is filed under token id %s, which is not there"},
	{`SELECT id FROM observation WHERE token_id NOT IN (SELECT id FROM token)`, "the measured drift %s is of no token"},
	{`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id WHERE o.batch_id <> t.batch_id
		OR (o.first = 1) <> (o.id = (SELECT MIN(id) FROM observation WHERE token_id = o.token_id))`,
		"token %s: a measured drift is filed under another batch, or falsely as the first"},
	{fmt.Sprintf(`SELECT t.serial_key FROM observation o JOIN token t ON t.id = o.token_id
		WHERE (o.rated = 1) <> (o.id = (SELECT MAX(id) FROM observation WHERE token_id = o.token_id)
			AND o.at - (SELECT at FROM observation WHERE token_id = o.token_id ORDER BY id LIMIT 1) >= %d)`, int64(ratedSpan)),
		"token %s: a measured drift counts falsely for its batch, or falsely not"},
}

// fingerprintContradictions look up each token's fingerprint and each fingerprint's
// token, which for a million takes longer than the rest of a verification.
var fingerprintContradictions = []contradiction{
	{`SELECT f.token_id FROM fingerprint f LEFT JOIN token t ON t.id = f.token_id WHERE t.fingerprint IS NULL OR t.fingerprint <> f.fingerprint`,
		"the fingerprint table names token id %s, whose seed has another fingerprint"},
	{`SELECT t.serial_key FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0
		WHERE t.fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fingerprint f WHERE f.fingerprint = t.fingerprint AND f.token_id = t.id)`,
		"token %s: its seed is not in the fingerprint table"},
}

// fingerprintsAgree adds up keyed hashes of all pairs of fingerprint and token on both
// sides: nobody can make two sums meet.
func (q *queries) fingerprintsAgree() (bool, error) {
	seed := maphash.MakeSeed()
	sum := func(query string) (sum uint64, err error) {
		err = q.each(query, nil, func(row scanner) error {
			var p [2]int64
			err := row.Scan(&p[0], &p[1])
			sum += maphash.Comparable(seed, p)
			return err
		})
		return sum, err
	}
	listed, err := sum(`SELECT fingerprint, token_id FROM fingerprint`)
	if err != nil {
		return false, err
	}
	owned, err := sum(`SELECT fingerprint, id FROM token WHERE fingerprint IS NOT NULL`)
	return listed == owned, err
}

// contradictions asks them, and compares the names of states, and the spelling of
// accounts with their keys.
func (q *queries) contradictions() (found []string, err error) {
	asked := contradictions
	if agree, err := q.fingerprintsAgree(); err != nil {
		return nil, err
	} else if !agree {
		asked = slices.Concat(asked, fingerprintContradictions)
	}
	for _, c := range asked {
		answers, err := collect(q, value[string], c.query)
		if err != nil {
			return nil, err
		}
		for _, what := range answers {
			found = append(found, fmt.Sprintf(c.words, what))
		}
	}
	names, err := collect(q, value[token.State], `SELECT name FROM state ORDER BY code`)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(names, stateCodes) {
		found = append(found, "the names of the states are not fob's")
	}
	return found, q.each(`SELECT name, key FROM account`, nil, func(row scanner) error {
		var name token.Account
		var key string
		err := row.Scan(&name, &key)
		if err == nil && name.Key() != key {
			found = append(found, "an account is filed under another name's key")
		}
		return err
	})
}
