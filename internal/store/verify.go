package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"

	"fob/internal/report"
	"fob/internal/token"
	"fob/internal/trail"
)

// verifiers is how many readers a verification takes.
const verifiers = 4

// Verify holds trail, tables and schema against each other, in one consistent state.
func (s *Store) Verify(ctx context.Context, checkpoint *trail.Checkpoint) (r trail.Report, err error) {
	err = s.snapshots(ctx, verifiers, nil, func(readers []*queries) (err error) {
		r, err = s.verify(ctx, readers, checkpoint)
		return err
	})
	return r, err
}

// Verified verifies one state as Verify does, and then runs fn on that very state.
func (s *Store) Verified(ctx context.Context, fn func(trail.Report, report.Reader) error) error {
	return s.snapshots(ctx, verifiers, nil, func(readers []*queries) error {
		r, err := s.verify(ctx, readers, nil)
		if err != nil {
			return err
		}
		return fn(r, readers[0])
	})
}

// verify asks what does not depend on the trail while the trail is replayed, on a
// connection of its own; others read the trail, and the tokens ahead.
func (s *Store) verify(ctx context.Context, readers []*queries, checkpoint *trail.Checkpoint) (r trail.Report, err error) {
	schema, err := s.SchemaProblems(ctx, readers[2].tx)
	if err != nil {
		return r, err
	}
	if !slices.ContainsFunc(schema, SchemaProblem.hides) {
		t := &tables{queries: readers[0], tokens: readers[3], seed: maphash.MakeSeed()}
		t.asked.Go(func() { t.ask(readers[2]) })
		r, err = trail.VerifyStore(s.id, trail.Ahead(readers[1].events(math.MinInt64, nil)), t, checkpoint)
		t.asked.Wait()
	}
	switch {
	case s.unreadable(ctx, err):
		r.Problemf("the tables cannot be read to their end: %v", err)
	case err != nil:
		return r, err
	}
	for _, p := range schema {
		r.Problemf("schema: %s", p)
	}
	return r, nil
}

// tables are what the trail is held against.
type tables struct {
	*queries
	tokens *queries // those of TokenRows, which are read ahead
	asked  sync.WaitGroup
	found  []string
	err    error
	seed   maphash.Seed
	listed uint64  // sum of the table of fingerprints
	owned  *uint64 // sum of what tokens have; nil: they were not read to their end
}

var _ trail.Tables = (*tables)(nil)

// ask asks what does not depend on the trail.
func (t *tables) ask(q *queries) {
	if t.found, t.err = q.contradictions(contradictions); t.err != nil {
		return
	}
	names, err := q.namesContradict()
	if t.found, t.err = append(t.found, names...), err; err == nil {
		t.listed, t.err = q.fingerprintsSum(t.seed)
	}
}

// Contradictions are what was asked meanwhile.
func (t *tables) Contradictions() ([]string, error) {
	if t.asked.Wait(); t.err != nil || t.owned != nil && *t.owned == t.listed {
		return t.found, t.err
	}
	more, err := t.contradictions(fingerprintContradictions)
	return append(t.found, more...), err
}

// StoreRow reads the store itself.
func (q *queries) StoreRow() (row trail.StoreRow, err error) {
	if err := q.row(`SELECT created_at, newest_at, restored_at FROM store`).Scan(inNanos(&row.Created), inNanos(&row.Newest), inNanos(&row.Restored)); err != nil {
		return row, err
	}
	keys, err := q.storeKeys()
	row.CheckpointPub, row.KeysDetail = keys.CheckpointPub, keys.Detail()
	return row, err
}

// BatchRows reads all whole batches.
func (q *queries) BatchRows() iter.Seq2[trail.BatchRow, error] { return q.batchRowsWhere(``) }

func (q *queries) batchRowsWhere(more string, args ...any) iter.Seq2[trail.BatchRow, error] {
	return stream(q, func(row scanner) (b trail.BatchRow, err error) {
		err = row.Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &b.File, &b.SHA256, &b.Format, &b.Options, &b.Order,
			&b.Supplier, &b.Expected, &b.Location, &b.Received, &b.Records, &b.New, &b.Unchanged, &b.Refused, inNanos(&b.At), &b.By.Kind, &b.By.ID, &b.By.Name,
			inNanos(&b.Quarantined), inNanos(&b.Withdrawn))
		return b, err
	}, `SELECT id, uuid, number, first_id, last_id, file, sha256, format, options, order_no, supplier, COALESCE(expected, 0),
		location, COALESCE(received, ''), records, new, unchanged, refused, imported_at, by_kind, by_id, by_name,
		quarantined_at, withdrawn_at FROM batch WHERE loading = 0`+more, args...)
}

// ErasedRows reads which texts were let go.
func (q *queries) ErasedRows() iter.Seq2[trail.ErasedRow, error] {
	return stream(q, func(row scanner) (r trail.ErasedRow, err error) {
		err = row.Scan(&r.Seq, &r.Field, &r.By)
		return r, err
	}, `SELECT seq, field, by_seq FROM erased_text ORDER BY seq, field`)
}

// BindingRows reads all bindings, past and present.
func (q *queries) BindingRows() iter.Seq2[trail.BindingRow, error] { return q.bindingRows(``) }

func (q *queries) bindingRows(where string, args ...any) iter.Seq2[trail.BindingRow, error] {
	return stream(q, scanBinding, bindingsSelect(where), args...)
}

func scanBinding(row scanner) (b trail.BindingRow, err error) {
	err = row.Scan(&b.UUID, &b.Serial, &b.Account, inNanos(&b.Opened), inNanos(&b.Closed), &b.By.Kind, &b.By.ID, &b.By.Name,
		&b.Proof, &b.Ticket, &b.Codes, &b.Condition, &b.Approver)
	return b, err
}

const bindingsBetween = ` WHERE bi.token_id BETWEEN $1 AND $2`

// newestBindings are those of one token that a command looks at: whatever is open is
// among them.
var newestBindings = bindingsSelect(fmt.Sprintf(` WHERE bi.token_id = $1 AND (bi.closed_at IS NULL
		OR bi.id >= COALESCE((SELECT id FROM binding WHERE token_id = $1 ORDER BY id DESC LIMIT 1 OFFSET %d), 0))`, trail.MostRead-1))

func bindingsSelect(where string) string {
	return `SELECT bi.uuid, ` + printed + `, a.name, bi.opened_at, bi.closed_at, bi.by_kind, bi.by_id, bi.by_name, bi.proof, bi.ticket, bi.codes, bi.condition, bi.approver
		FROM binding bi JOIN token t ON t.id = bi.token_id JOIN account a ON a.id = bi.account_id` + where + ` ORDER BY bi.id`
}

// A contradiction is a question whose answers are put into the words.
type contradiction struct{ query, words string }

// contradictions are questions to tables that repeat, for speed, what others say:
// they must have no answer.
var contradictions = []contradiction{
	// Within the trail every number is there, or its lack is found anyway.
	{`SELECT seq FROM audit_text WHERE seq < (SELECT MIN(seq) FROM audit) OR seq > (SELECT MAX(seq) FROM audit)`,
		"texts lie beside event %s, which is not there"},
	{`SELECT number FROM batch WHERE withdrawn_at = 0 OR quarantined_at = 0 OR expected = 0 OR received = ''`, "batch %s: " + zeroForNothing},
	{`SELECT uuid FROM binding WHERE closed_at = 0`, "binding %s: it has a 0 for its end"},
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

// fingerprintsSum adds up keyed hashes of all pairs of fingerprint and token. The
// tokens' own sum is made when they are read: nobody can make two sums meet.
func (q *queries) fingerprintsSum(seed maphash.Seed) (sum uint64, err error) {
	loading := map[int64]int64{} // ids, which TokenRows leaves out
	if err := q.each(`SELECT first_id, last_id FROM batch WHERE loading = 1`, nil, pair(loading)); err != nil {
		return 0, err
	}
	var print, id whole
	into := []any{&print, &id}
	return sum, q.each(`SELECT fingerprint, token_id FROM fingerprint`, nil, func(row scanner) error {
		err := row.Scan(into...)
		for first, last := range loading {
			if id.n >= first && id.n <= last {
				return err
			}
		}
		sum += maphash.Comparable(seed, [2]int64{print.n, id.n})
		return err
	})
}

// contradictions asks some.
func (q *queries) contradictions(asked []contradiction) (found []string, err error) {
	for _, c := range asked {
		answers, err := collect(q, value[string], c.query)
		if err != nil {
			return nil, err
		}
		for _, what := range answers {
			found = append(found, fmt.Sprintf(c.words, what))
		}
	}
	return found, nil
}

// namesContradict compares the names of states, and the spelling of accounts with
// their keys.
func (q *queries) namesContradict() (found []string, err error) {
	names, codes := []token.State{}, 0
	err = q.each(`SELECT code, name FROM state ORDER BY code`, nil, func(row scanner) error {
		var code int
		var name token.State
		err := row.Scan(&code, &name)
		if code == len(names) {
			codes++
		}
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !slices.Equal(names, stateCodes) || codes != len(names) {
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

// wholeOnly leaves out what an import that is not complete has brought.
var wholeOnly = map[string]string{
	"batch":       ` WHERE loading = 0`,
	"token":       ` WHERE batch_id IN (SELECT id FROM batch WHERE loading = 0)`,
	"fingerprint": ` WHERE token_id IN (SELECT t.id FROM token t JOIN batch b ON b.id = t.batch_id WHERE b.loading = 0)`,
}

// CopyRows hands every row of some tables to insert, of one state of the store, a
// table after the other, in slices.
func (s *Store) CopyRows(ctx context.Context, tables []string, insert func(table string, columns []string, rows [][]any) error) error {
	return s.snapshot(ctx, func(q *queries) error {
		for _, table := range tables {
			if table == "state" || table == "web_session" { // a new store has the rows of the one, and nobody signed in at it
				continue
			}
			if err := q.copyTable(table, insert); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *queries) copyTable(table string, insert func(string, []string, [][]any) error) error {
	rows, err := q.tx.QueryContext(q.ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		return err
	}
	var slice [][]any
	scan := func(row scanner) ([]any, error) {
		values := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		return values, row.Scan(to...)
	}
	query := fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY 1`, strings.Join(columns, ", "), table, wholeOnly[table])
	for row, err := range stream(q, scan, query) {
		if err != nil {
			return err
		}
		if slice = append(slice, row); len(slice) == sliceRows {
			if err := insert(table, columns, slice); err != nil {
				return err
			}
			slice = nil
		}
	}
	if len(slice) == 0 {
		return nil
	}
	return insert(table, columns, slice)
}
