package store

import (
	"database/sql"
	"time"

	"github.com/google/uuid"

	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
)

// WholeBatch finds a batch by its number.
func (q *queries) WholeBatch(number int) (b intake.Batch, err error) {
	var quarantined, withdrawn sql.NullInt64
	err = q.row(`SELECT id, uuid, number, first_id, last_id, quarantined_at, withdrawn_at FROM batch WHERE number = $1 AND loading = 0`, number).
		Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, &quarantined, &withdrawn)
	if notFound(err) {
		return b, noSuchBatch(number)
	}
	b.Quarantined, b.Withdrawn = fromNanos(quarantined), fromNanos(withdrawn)
	return b, err
}

func noSuchBatch(number int) error {
	return fault.Errorf(fault.NotFound, "there is no batch %d", number).WithHint("%s shows them all", fault.Do("batch list"))
}

// SaveBatch writes since when a batch is quarantined and withdrawn.
func (q *queries) SaveBatch(b intake.Batch) error {
	return q.exec(`UPDATE batch SET quarantined_at = $1, withdrawn_at = $2 WHERE id = $3`, nanos(b.Quarantined), nanos(b.Withdrawn), b.ID)
}

const sliceSelect = `
SELECT t.id, COALESCE(t.printed, t.serial_key), p.manufacturer, p.model, p.type, p.hash, p.digits, p.period, p.t0,
       t.counter, t.not_before, t.not_after, t.manufactured, t.fingerprint,
       t.state, COALESCE(t.state_since, b.imported_at), COALESCE(a.name, ''), t.seed IS NULL, t.watermark IS NOT NULL,
       EXISTS (SELECT 1 FROM binding bi WHERE bi.token_id = t.id)
FROM token t JOIN batch b ON b.id = t.batch_id JOIN profile p ON p.id = t.profile_id
LEFT JOIN account a ON a.id = t.account_id
WHERE t.id BETWEEN $1 AND $2`

// Slice reads the tokens of a batch with ids from first, n ids at most.
func (q *queries) Slice(b intake.Batch, first int64, n int, states ...token.State) (all []intake.SliceToken, err error) {
	query, args := sliceSelect, []any{max(first, b.FirstID), min(first+int64(n)-1, b.LastID)}
	if len(states) > 0 {
		query += ` AND t.state IN (` + places(3, len(states)) + `)`
		for _, s := range states {
			args = append(args, stateCode(s))
		}
	}
	err = q.each(query+` ORDER BY t.id`, args, func(rows *sql.Rows) error {
		var t intake.SliceToken
		c := &t.Facts
		err := rows.Scan(&c.ID, &c.Serial, &c.Manufacturer, &c.Model, &c.Type, &c.Hash, &c.Digits, &c.Period, &c.T0,
			&c.Counter, (*atSeconds)(&c.NotBefore), (*atSeconds)(&c.NotAfter), (*atSeconds)(&c.Manufactured), &c.Fingerprint,
			(*stateCode)(&t.State), (*atNanos)(&t.Since), &t.Account, &t.SeedDestroyed, &t.Proven, &t.Bound)
		all = append(all, t)
		return err
	})
	return all, err
}

// CountTokens counts what is left of a batch.
func (q *queries) CountTokens(b intake.Batch) (n int, err error) {
	err = q.row(`SELECT COUNT(*) FROM token WHERE id BETWEEN $1 AND $2`, b.FirstID, b.LastID).Scan(&n)
	return n, err
}

// NeverOut reports whether every token of a batch is in stock and was never given
// out; else which one is not.
func (q *queries) NeverOut(b intake.Batch) (but token.Serial, ok bool, err error) {
	err = q.row(`SELECT COALESCE(printed, serial_key) FROM token WHERE id BETWEEN $1 AND $2 AND (state <> 0 OR issued <> 0) ORDER BY id LIMIT 1`,
		b.FirstID, b.LastID).Scan(&but)
	if notFound(err) {
		return "", true, nil
	}
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
			[]any{now.UnixNano(), first, last}, func(rows *sql.Rows) error {
				var id int64
				var binding uuid.UUID
				err := rows.Scan(&id, &binding)
				closed[from+int(id-first)] = binding
				return err
			})
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
	first, last := tokens[0].ID, tokens[len(tokens)-1].ID
	if err := q.exec(`DELETE FROM observation WHERE token_id BETWEEN $1 AND $2`, first, last); err != nil {
		return err
	}
	return q.removeTokens(first, last)
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
		p := first.Profile
		if err := q.learnProfile(profiles, p); err != nil {
			return err
		}
		profile := profiles[p]
		if !counters {
			return q.exec(`UPDATE token SET profile_id = $1 WHERE id BETWEEN $2 AND $3`, profile, first.ID, last.ID)
		}
		return q.exec(`UPDATE token SET profile_id = $1, counter = $2 WHERE id BETWEEN $3 AND $4`, profile, first.Counter, first.ID, last.ID)
	})
}
