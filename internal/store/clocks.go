package store

import (
	"iter"
	"strings"
	"time"

	"fob/internal/report"
	"fob/internal/token"
)

// ratedSpan is how far apart a token's first and newest observation lie before
// its rate counts for its batch.
const ratedSpan = 90 * 24 * time.Hour

// Observations reads a token's measured drifts, oldest first.
func (q *queries) Observations(tokenID int64) ([]token.Observation, error) {
	return collect(q, func(row scanner) (o token.Observation, err error) {
		err = row.Scan(inNanos(&o.At), &o.Drift, &o.Rate)
		return o, err
	}, driftsOf, tokenID)
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
	driftsOf    = `SELECT at, drift, rate FROM observation WHERE token_id = $1 ORDER BY id`
	firstDrifts = `SELECT drift FROM observation WHERE batch_id = $1 AND first = 1 ORDER BY id DESC LIMIT $2`
	batchRates  = `SELECT rate FROM observation WHERE batch_id = $1 AND rated = 1 AND rate IS NOT NULL ORDER BY id DESC LIMIT $2`
)

// FirstDrifts reads the first drifts of the tokens of a batch, the newest first.
func (q *queries) FirstDrifts(batchID int64, limit int) ([]float64, error) {
	return collect(q, value[float64], firstDrifts, batchID, limit)
}

// BatchRates reads the rates of the tokens of a batch whose observations span 90
// days, as they were last estimated, the newest first.
func (q *queries) BatchRates(batchID int64, limit int) ([]float64, error) {
	return collect(q, value[float64], batchRates, batchID, limit)
}

// perToken is how many of the newest observations are looked at for each token
// that LastSeen is asked for: who plays with one token a whole afternoon hides the
// others.
const perToken = 10

// LastSeen reads the tokens that were observed last, the newest first.
func (q *queries) LastSeen(limit int) (all []token.Token, err error) {
	ids, err := collect(q, value[int64], `SELECT token_id FROM observation ORDER BY id DESC LIMIT $1`, limit*perToken)
	seen := map[int64]bool{}
	for _, id := range ids {
		if err != nil || len(all) == limit {
			break
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		var t token.Token
		t, err = q.wholeToken(` AND t.id = $1`, id)
		all = append(all, t)
	}
	return all, err
}

// clockTables join a token to its batch and profile; tokens without a clock have no
// period.
const clockTables = ` JOIN batch b ON b.id = t.batch_id AND ` + visible + ` JOIN profile p ON p.id = t.profile_id AND p.period > 0`

// clocks narrows to a batch and a model.
func (q *queries) clocks(f report.DriftFilter, id string) (l listing, err error) {
	if f.Batch != 0 {
		l.ofBatch(id, f.Batch)
	}
	if f.Model != "" {
		profiles, lookup := q.Profiles()
		var ids []any
		for id, p := range profiles {
			if strings.EqualFold(p.Model, f.Model) {
				ids = append(ids, id)
			}
		}
		l.whereIn(`t.profile_id`, ids)
		err = lookup
	}
	return l, err
}

// ClockGroups counts the tokens that have a clock, by batch, maker and model.
func (q *queries) ClockGroups(f report.DriftFilter) ([]report.ClockGroup, error) {
	l, err := q.clocks(f, `t.id`)
	if err != nil || l.nothing {
		return nil, err
	}
	return collect(q, func(row scanner) (g report.ClockGroup, err error) {
		err = row.Scan(&g.Batch, &g.Manufacturer, &g.Model, &g.Tokens)
		return g, err
	}, `SELECT b.number, p.manufacturer, p.model, c.tokens FROM
		(SELECT t.batch_id, t.profile_id, COUNT(*) AS tokens FROM token t`+clockTables+l.conditions()+` GROUP BY t.batch_id, t.profile_id) c
		JOIN batch b ON b.id = c.batch_id JOIN profile p ON p.id = c.profile_id`, l.args...)
}

// clockRecords reads every observation with its token, those of one token together
// and oldest first: the index that it walks is in that order.
func (q *queries) clockRecords(f report.DriftFilter) (l listing, query string, err error) {
	l, err = q.clocks(f, `o.token_id`)
	l.where(`t.id = o.token_id`)
	l.order = `o.token_id, o.id`
	return l, l.from(`SELECT o.token_id, ` + printed + `, t.state, b.number, p.manufacturer, p.model, p.period, o.at, o.drift
		FROM observation o CROSS JOIN token t` + clockTables), err
}

// Clocks streams the records of all clocks that were ever seen.
func (q *queries) Clocks(f report.DriftFilter) iter.Seq2[report.ClockRecord, error] {
	l, query, err := q.clockRecords(f)
	if err != nil || l.nothing {
		return failed[report.ClockRecord](err)
	}
	type seen struct {
		report.ClockRecord
		id int64
		o  token.Observation
	}
	rows := stream(q, func(row scanner) (x seen, err error) {
		err = row.Scan(&x.id, &x.Serial, (*stateCode)(&x.State), &x.Batch, &x.Manufacturer, &x.Model, &x.Period, inNanos(&x.o.At), &x.o.Drift)
		return x, err
	}, query, l.args...)
	return func(yield func(report.ClockRecord, error) bool) {
		var rec report.ClockRecord
		var of int64 // the token of rec
		for x, err := range rows {
			if err != nil {
				yield(report.ClockRecord{}, err)
				return
			}
			if x.id != of {
				if of != 0 && !yield(rec, nil) {
					return
				}
				rec, of = x.ClockRecord, x.id
			}
			rec.Observations = append(rec.Observations, x.o)
		}
		if of != 0 {
			yield(rec, nil)
		}
	}
}
