package store

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/report"
	"fob/internal/token"
)

// CreateBatch stores a batch as loading and reserves the ids of n tokens.
func (q *queries) CreateBatch(b token.Batch, n int) (token.Batch, error) {
	if err := q.row(`SELECT COALESCE(MAX(last_id), 0) + 1 FROM batch`).Scan(&b.FirstID); err != nil {
		return b, err
	}
	b.LastID, b.Loading = b.FirstID+int64(n)-1, true
	var received any
	if !b.Supplied.Received.IsZero() {
		received = b.Supplied.Received.Format(time.DateOnly)
	}
	s := b.Supplied
	err := q.row(`INSERT INTO batch (uuid, loading, first_id, last_id, file, sha256, format, options,
			order_no, supplier, expected, location, received, records, new, unchanged, refused, imported_at, by_kind, by_id, by_name)
		VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, $14, $15, $16, $17) RETURNING id`,
		b.UUID.String(), b.FirstID, b.LastID, b.File, b.SHA256, b.Format, b.Options,
		s.Order, s.Supplier, orNull(s.Expected), s.Location, received, b.Records,
		b.Imported.UnixNano(), b.By.Kind, b.By.ID, b.By.Name).Scan(&b.ID)
	return b, err
}

// CompleteBatch makes a batch visible and gives it the next number.
func (q *queries) CompleteBatch(b token.Batch) (token.Batch, error) {
	b.Loading = false
	err := q.row(`UPDATE batch SET loading = 0, number = (SELECT COALESCE(MAX(number), 0) + 1 FROM batch),
			new = $1, unchanged = $2, refused = $3, imported_at = $4
		WHERE id = $5 AND loading = 1 RETURNING number`,
		b.New, b.Same, b.Refused, b.Imported.UnixNano(), b.ID).Scan(&b.Number)
	if notFound(err) {
		return b, fault.Errorf(fault.Internal, "the batch was swept while it was loading; nothing of it is stored").
			WithHint("import the file again")
	}
	return b, err
}

// BatchOfFile finds a whole import of the same bytes with the same options.
func (q *queries) BatchOfFile(sha256, options string) (token.Batch, bool, error) {
	b := token.Batch{SHA256: sha256, Options: options}
	s, received := &b.Supplied, ""
	err := q.row(`SELECT b.id, b.number, b.format, b.records, b.order_no, b.supplier, COALESCE(b.expected, 0), b.location, COALESCE(b.received, '') FROM batch b
		WHERE b.sha256 = $1 AND b.options = $2 AND `+visible+` AND b.refused = 0 ORDER BY b.number LIMIT 1`,
		sha256, options).Scan(&b.ID, &b.Number, &b.Format, &b.Records, &s.Order, &s.Supplier, &s.Expected, &s.Location, &received)
	if notFound(err) {
		return b, false, nil
	}
	if err == nil && received != "" {
		s.Received, err = time.Parse(time.DateOnly, received)
	}
	return b, err == nil, err
}

// WholeBatch finds a batch by its number, a withdrawn one too.
func (q *queries) WholeBatch(number int) (b intake.Batch, err error) {
	s := &b.Supplied
	err = q.row(`SELECT id, uuid, number, first_id, last_id, order_no, supplier, COALESCE(expected, 0), COALESCE(received, ''), quarantined_at, withdrawn_at
		FROM batch WHERE number = $1`, number).
		Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &s.Order, &s.Supplier, &s.Expected, &s.Received, inNanos(&b.Quarantined), inNanos(&b.Withdrawn))
	if notFound(err) {
		return b, noSuchBatch(number)
	}
	return b, err
}

func noSuchBatch(number int) error {
	return fault.Errorf(fault.NotFound, "there is no batch %d", number).WithHint("%s shows them all", fault.Do("batch list"))
}

// SaveBatch writes since when a batch is quarantined and withdrawn.
func (q *queries) SaveBatch(b intake.Batch) error {
	return q.exec(`UPDATE batch SET quarantined_at = $1, withdrawn_at = $2 WHERE id = $3`, nanos(b.Quarantined), nanos(b.Withdrawn), b.ID)
}

const sliceSelect = `SELECT ` + tokenFields + `, EXISTS (SELECT 1 FROM binding WHERE token_id = t.id)` + tokenTables + ` WHERE t.id BETWEEN $1 AND $2`

// SaveSupply writes what the delivery of a batch is said to be.
func (q *queries) SaveSupply(b intake.Batch) error {
	s := b.Supplied
	return q.exec(`UPDATE batch SET order_no = $1, supplier = $2, expected = $3, received = $4 WHERE id = $5`, s.Order, s.Supplier, orNull(s.Expected), orNull(s.Received), b.ID)
}

// Slice reads the tokens of a batch with ids from first, n ids at most.
func (q *queries) Slice(b intake.Batch, first int64, n int, states ...token.State) ([]intake.SliceToken, error) {
	query := sliceSelect
	if len(states) > 0 {
		query += ` AND t.state IN (` + codesOf(states...) + `)`
	}
	scan := q.tokenScanner()
	return collect(q, func(row scanner) (s intake.SliceToken, err error) {
		t, err := scan(row, &s.Bound)
		s.Facts, s.Standing, s.Proven = t.Facts, t.Standing, t.Watermark.Known
		return s, err
	}, query+` ORDER BY t.id`, max(first, b.FirstID), min(first+int64(n)-1, b.LastID))
}

// CountTokens counts what is left of a batch.
func (q *queries) CountTokens(b intake.Batch) (int, error) {
	return value[int](q.row(`SELECT COUNT(*) FROM token WHERE id BETWEEN $1 AND $2`, b.FirstID, b.LastID))
}

// SeedStates counts the tokens of a batch that have a seed here, by state.
func (q *queries) SeedStates(b intake.Batch) (map[token.State]int, error) {
	all := map[token.State]int{}
	return all, q.each(`SELECT state, COUNT(*) FROM token WHERE id BETWEEN $1 AND $2 AND seed IS NOT NULL GROUP BY state`, []any{b.FirstID, b.LastID}, func(row scanner) error {
		var state token.State
		var n int
		err := row.Scan((*stateCode)(&state), &n)
		all[state] = n
		return err
	})
}

// Untouched reports whether every token of a batch is in stock and was never given
// out, and no code of one was tried; else which one is not.
func (q *queries) Untouched(b intake.Batch) (but token.Serial, ok bool, err error) {
	but, err = value[token.Serial](q.row(`SELECT `+printed+` FROM token t WHERE t.id BETWEEN $1 AND $2
		AND (t.state <> `+codesOf(token.InStock)+` OR t.issued <> 0 OR t.watermark IS NOT NULL OR t.failures <> 0
			OR EXISTS (SELECT 1 FROM loss WHERE token_id = t.id)) ORDER BY t.id LIMIT 1`, b.FirstID, b.LastID))
	if !notFound(err) {
		return but, false, err
	}
	handed, err := q.Delivered(b.FirstID, b.LastID)
	if err != nil || !handed {
		return "", true, err
	}
	but, err = value[token.Serial](q.row(`SELECT `+printed+` FROM delivered d JOIN token t ON t.id >= d.first_id
		WHERE d.first_id <= $2 AND d.last_id >= $1 AND t.id BETWEEN $1 AND $2 ORDER BY t.id LIMIT 1`, b.FirstID, b.LastID))
	return but, false, err
}

// MoveTokens moves tokens and ends their bindings, by runs of neighbouring ids:
// mostly a whole slice is one.
func (q *queries) MoveTokens(ids []int64, to token.State, since, now time.Time) ([]uuid.UUID, error) {
	closed := make([]uuid.UUID, len(ids))
	return closed, runs(len(ids), func(i int) bool { return ids[i] == ids[i-1]+1 }, func(from, end int) error {
		first, last := ids[from], ids[end-1]
		err := q.exec(`UPDATE token SET state = $1, state_since = $2, account_id = NULL WHERE id BETWEEN $3 AND $4`,
			stateCode(to), since.UnixNano(), first, last)
		if err != nil {
			return err
		}
		return q.each(`UPDATE binding SET closed_at = $1 WHERE token_id BETWEEN $2 AND $3 AND closed_at IS NULL RETURNING token_id, uuid`,
			[]any{now.UnixNano(), first, last}, func(row scanner) error {
				var id int64
				var binding uuid.UUID
				err := row.Scan(&id, &binding)
				closed[from+int(id-first)] = binding
				return err
			})
	})
}

// MarkTokens adds to the marks of tokens, by runs of neighbouring ids.
func (q *queries) MarkTokens(ids []int64, m token.Marks) error {
	return runs(len(ids), func(i int) bool { return ids[i] == ids[i-1]+1 }, func(from, end int) error {
		return q.exec(`INSERT INTO loss (token_id, stolen, leaked, was_stolen) SELECT id, 0, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM token WHERE id BETWEEN $3 AND $4
			ON CONFLICT (token_id) DO UPDATE SET leaked = CASE WHEN excluded.leaked = 1 THEN 1 ELSE loss.leaked END,
				was_stolen = CASE WHEN excluded.was_stolen = 1 THEN 1 ELSE loss.was_stolen END`, m.Leaked, m.WasStolen, ids[from], ids[end-1])
	})
}

// runs calls do for every longest run in which each element goes with the one
// before.
func runs(n int, goesOn func(i int) bool, do func(from, end int) error) error {
	for from := 0; from < n; {
		end := from + 1
		for end < n && goesOn(end) {
			end++
		}
		if err := do(from, end); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// CarryOff removes tokens of a withdrawn batch, with what their clocks showed
// while they were in stock.
func (q *queries) CarryOff(tokens []intake.SliceToken) error {
	if len(tokens) == 0 {
		return nil
	}
	return q.removeTokens(tokens[0].ID, tokens[len(tokens)-1].ID)
}

// RemoveToken removes a token that is being replaced. One that was ever bound
// cannot be removed.
func (q *queries) RemoveToken(id int64) error {
	clear(q.vouched) // its serial is another token's next
	return q.removeTokens(id, id)
}

// PassSerial has a retired token without a seed called otherwise.
func (q *queries) PassSerial(id int64, former token.Serial) error {
	clear(q.vouched)
	key := former.Key()
	var asPrinted, bare any // NULL where they are the same as the key
	if string(former) != key {
		asPrinted = string(former)
	}
	if strings.Contains(key, "-") {
		bare = strings.ReplaceAll(key, "-", "")
	}
	return q.exec(`UPDATE token SET serial_key = $1, printed = $2, bare = $3 WHERE id = $4`, key, asPrinted, bare, id)
}

// removeTokens deletes tokens of neighbouring ids, with their fingerprints and
// measured drifts.
func (q *queries) removeTokens(first, last int64) error {
	for _, statement := range []string{
		`DELETE FROM observation WHERE token_id BETWEEN $1 AND $2`,
		`DELETE FROM fingerprint WHERE fingerprint IN (SELECT fingerprint FROM token WHERE id BETWEEN $1 AND $2) AND token_id BETWEEN $1 AND $2`,
		`DELETE FROM token WHERE id BETWEEN $1 AND $2`,
	} {
		if err := q.exec(statement, first, last); err != nil {
			return err
		}
	}
	return nil
}

// Correct gives tokens of a batch their parameters, and their counters where
// these are corrected too; by runs of neighbouring ids.
func (q *queries) Correct(tokens []intake.SliceToken, counters bool) error {
	profiles := map[token.Profile]int64{}
	alike := func(i int) bool {
		a, b := tokens[i-1], tokens[i]
		return b.ID == a.ID+1 && b.Profile == a.Profile && (!counters || b.Counter == a.Counter)
	}
	return runs(len(tokens), alike, func(from, end int) error {
		first, last := tokens[from], tokens[end-1]
		if err := q.learnProfile(profiles, first.Profile); err != nil {
			return err
		}
		if !counters {
			return q.exec(`UPDATE token SET profile_id = $1 WHERE id BETWEEN $2 AND $3`, profiles[first.Profile], first.ID, last.ID)
		}
		return q.exec(`UPDATE token SET profile_id = $1, counter = $2 WHERE id BETWEEN $3 AND $4`, profiles[first.Profile], first.Counter, first.ID, last.ID)
	})
}

// batchRow is a batch with the ids of its tokens.
type batchRow struct {
	report.Batch
	id, first, last int64
}

// batchRows reads complete batches without looking at their tokens.
func (q *queries) batchRows(more string, args ...any) ([]batchRow, error) {
	return collect(q, func(row scanner) (b batchRow, err error) {
		err = row.Scan(&b.id, &b.ID, &b.Number, &b.first, &b.last, &b.File, &b.SHA256, &b.Format, &b.Order, &b.Supplier,
			&b.Expected, &b.Location, &b.Received, &b.Records, &b.New, &b.Unchanged, &b.Refused, inNanos(&b.ImportedAt), &b.ImportedBy,
			nanosOrNil(&b.QuarantinedAt), nanosOrNil(&b.WithdrawnAt))
		b.Reconcile()
		return b, err
	}, batchSelect(more), args...)
}

func batchSelect(more string) string {
	return `SELECT id, uuid, number, first_id, last_id, file, sha256, format, order_no, supplier, expected, location, received,
		records, new, unchanged, refused, imported_at, by_name, quarantined_at, withdrawn_at FROM batch WHERE loading = 0` + more + ` ORDER BY number`
}

// Batches reads all batches with the states of their tokens.
func (q *queries) Batches() ([]report.Batch, error) { return q.batches(true, ``) }

// BatchFiles reads all batches without looking at their tokens.
func (q *queries) BatchFiles() ([]report.Batch, error) { return q.batches(false, ``) }

// Batch reads one batch by its number.
func (q *queries) Batch(number int) (report.Batch, error) {
	all, err := q.batches(true, ` AND number = $1`, number)
	if err == nil && len(all) == 0 {
		err = noSuchBatch(number)
	}
	if err != nil {
		return report.Batch{}, err
	}
	return all[0], nil
}

func (q *queries) batches(counted bool, more string, args ...any) ([]report.Batch, error) {
	rows, err := q.batchRows(more, args...)
	all := make([]report.Batch, len(rows))
	for i, b := range rows {
		if counted {
			b.States = map[token.State]int{}
		}
		if all[i] = b.Batch; !counted || b.WithdrawnAt != nil || err != nil {
			continue
		}
		err = q.each(`SELECT state, COUNT(*) FROM token WHERE id BETWEEN $1 AND $2 GROUP BY state`, []any{b.first, b.last}, func(row scanner) error {
			var state token.State
			var n int
			err := row.Scan((*stateCode)(&state), &n)
			b.States[state] = n
			return err
		})
	}
	return all, err
}

const profileSelect = `SELECT id, manufacturer, model, type, hash, digits, period, t0 FROM profile`

// Profiles reads all profiles by their ids.
func (q *queries) Profiles() (map[int64]token.Profile, error) {
	if q.allProfiles != nil {
		return q.allProfiles, nil
	}
	all := map[int64]token.Profile{}
	if !q.loads { // to which others bring more at the same time
		q.allProfiles = all
	}
	return all, q.each(profileSelect, nil, func(row scanner) error {
		var id int64
		var p token.Profile
		err := row.Scan(&id, &p.Manufacturer, &p.Model, &p.Type, &p.Hash, &p.Digits, &p.Period, &p.T0)
		all[id] = p
		return err
	})
}

// learnProfile finds or makes the row of a profile.
func (q *queries) learnProfile(known map[token.Profile]int64, p token.Profile) error {
	if _, ok := known[p]; ok {
		return nil
	}
	q.allProfiles = nil
	args := []any{p.Manufacturer, p.Model, p.Type, p.Hash, p.Digits, p.Period, p.T0}
	if err := q.exec(`INSERT INTO profile (manufacturer, model, type, hash, digits, period, t0)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, args...); err != nil {
		return err
	}
	id, err := value[int64](q.row(`SELECT id FROM profile WHERE manufacturer = $1 AND model = $2 AND type = $3
		AND hash = $4 AND digits = $5 AND period = $6 AND t0 = $7`, args...))
	known[p] = id
	return err
}
