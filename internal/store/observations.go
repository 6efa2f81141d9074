package store

import (
	"database/sql"
	"time"

	"fob/internal/token"
)

// ratedSpan is how far apart a token's first and newest observation lie before
// its rate counts for its batch; the column rated and its check say the same.
const ratedSpan = 90 * 24 * time.Hour

// Observations reads a token's measured drifts, oldest first.
func (q *queries) Observations(tokenID int64) ([]token.Observation, error) {
	var all []token.Observation
	err := q.each(`SELECT at, drift, rate FROM observation WHERE token_id = $1 ORDER BY id`, []any{tokenID},
		func(rows *sql.Rows) error {
			var at sql.NullInt64
			var drift float64
			var rate sql.NullFloat64
			err := rows.Scan(&at, &drift, &rate)
			all = append(all, token.Observation{At: fromNanos(at), Drift: drift, Rate: optional(rate)})
			return err
		})
	return all, err
}

// AddObservation records a measured drift.
func (q *queries) AddObservation(t token.Token, o token.Observation) error {
	if err := q.exec(`UPDATE observation SET rated = 0 WHERE token_id = $1 AND rated = 1`, t.ID); err != nil {
		return err
	}
	return q.exec(`INSERT INTO observation (token_id, batch_id, at, drift, rate, first, rated)
		SELECT $1, $2, $3, $4, $5,
		       CASE WHEN EXISTS (SELECT 1 FROM observation WHERE token_id = $1) THEN 0 ELSE 1 END,
		       CASE WHEN EXISTS (SELECT 1 FROM observation WHERE token_id = $1 AND first = 1 AND $3 - at >= $6) THEN 1 ELSE 0 END`,
		t.ID, t.BatchID, o.At.UnixNano(), o.Drift, o.Rate, int64(ratedSpan))
}

const (
	firstDrifts = `SELECT drift FROM observation WHERE batch_id = $1 AND first = 1 ORDER BY id DESC LIMIT $2`
	batchRates  = `SELECT rate FROM observation WHERE batch_id = $1 AND rated = 1 AND rate IS NOT NULL ORDER BY id DESC LIMIT $2`
	lastSeen    = `SELECT token_id FROM observation ORDER BY id DESC LIMIT $1`
)

// FirstDrifts reads the first drifts of the tokens of a batch, the newest first.
func (q *queries) FirstDrifts(batchID int64, limit int) ([]float64, error) {
	return q.numbers(firstDrifts, batchID, limit)
}

// BatchRates reads the rates of the tokens of a batch whose observations span 90
// days, as they were last estimated, the newest first.
func (q *queries) BatchRates(batchID int64, limit int) ([]float64, error) {
	return q.numbers(batchRates, batchID, limit)
}

func (q *queries) numbers(query string, args ...any) (all []float64, err error) {
	err = q.each(query, args, func(rows *sql.Rows) error {
		var n float64
		err := rows.Scan(&n)
		all = append(all, n)
		return err
	})
	return all, err
}

// perToken is how many of the newest observations are looked at for each token
// that LastSeen is asked for: who plays with one token a whole afternoon hides the
// others.
const perToken = 10

// LastSeen reads the tokens that were observed last, the newest first.
func (q *queries) LastSeen(limit int) (all []token.Token, err error) {
	seen := map[int64]bool{}
	var ids []int64
	err = q.each(lastSeen, []any{limit * perToken}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		if !seen[id] && len(ids) < limit {
			seen[id], ids = true, append(ids, id)
		}
		return err
	})
	for _, id := range ids {
		if err != nil {
			return nil, err
		}
		var t token.Token
		t, _, err = scanToken(q.row(tokenSelect+` WHERE t.id = $1`, id))
		all = append(all, t)
	}
	return all, err
}
