package store

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"fob/internal/report"
	"fob/internal/token"
)

// clockFrom joins a token to its batch and profile; tokens without a clock have no
// period.
const clockFrom = ` JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL JOIN profile p ON p.id = t.profile_id AND p.period > 0`

// clockWhere narrows to a batch, by the ids of its tokens, and a model.
func clockWhere(f report.DriftFilter, id string) (where string, args []any) {
	where = ` WHERE 1 = 1`
	if f.Batch != 0 {
		where += ` AND ` + id + ` BETWEEN (SELECT first_id FROM batch WHERE number = $1) AND (SELECT last_id FROM batch WHERE number = $1)`
		args = append(args, f.Batch)
	}
	if f.Model != "" {
		args = append(args, asciiLower(f.Model))
		where += fmt.Sprintf(` AND LOWER(p.model) = $%d`, len(args))
	}
	return where, args
}

// ClockGroups counts the tokens that have a clock, by batch, maker and model.
func (q *queries) ClockGroups(f report.DriftFilter) (all []report.ClockGroup, err error) {
	where, args := clockWhere(f, "t.id")
	err = q.each(`SELECT b.number, p.manufacturer, p.model, c.tokens FROM
		(SELECT t.batch_id, t.profile_id, COUNT(*) AS tokens FROM token t`+clockFrom+where+` GROUP BY t.batch_id, t.profile_id) c
		JOIN batch b ON b.id = c.batch_id JOIN profile p ON p.id = c.profile_id`, args,
		func(rows *sql.Rows) error {
			var g report.ClockGroup
			err := rows.Scan(&g.Batch, &g.Manufacturer, &g.Model, &g.Tokens)
			all = append(all, g)
			return err
		})
	return all, err
}

// clockRecords reads every observation with its token, those of one token together
// and oldest first: the index that it walks is in that order.
func clockRecords(f report.DriftFilter) (query string, args []any) {
	where, args := clockWhere(f, "o.token_id")
	return `SELECT o.token_id, COALESCE(t.printed, t.serial_key), t.state, b.number, p.manufacturer, p.model, p.period, o.at, o.drift
		FROM observation o CROSS JOIN token t ON t.id = o.token_id` + clockFrom + where + ` ORDER BY o.token_id, o.id`, args
}

// errEnough ends a query whose reader wants no more.
var errEnough = errors.New("the reader has enough")

// Clocks streams the records of all clocks that were ever seen.
func (q *queries) Clocks(f report.DriftFilter) iter.Seq2[report.ClockRecord, error] {
	return func(yield func(report.ClockRecord, error) bool) {
		query, args := clockRecords(f)
		var rec report.ClockRecord
		var of int64 // the token of rec
		err := q.each(query, args, func(rows *sql.Rows) error {
			next, id, o, err := scanClock(rows)
			switch {
			case err != nil:
				return err
			case id != of && of != 0 && !yield(rec, nil):
				return errEnough
			case id != of:
				rec, of = next, id
			}
			rec.Observations = append(rec.Observations, o)
			return nil
		})
		switch {
		case errors.Is(err, errEnough):
		case err != nil:
			yield(report.ClockRecord{}, err)
		case of != 0:
			yield(rec, nil)
		}
	}
}

func scanClock(rows *sql.Rows) (rec report.ClockRecord, id int64, o token.Observation, err error) {
	var at sql.NullInt64
	err = rows.Scan(&id, &rec.Serial, (*stateCode)(&rec.State), &rec.Batch, &rec.Manufacturer, &rec.Model, &rec.Period, &at, &o.Drift)
	o.At = fromNanos(at)
	return rec, id, o, err
}

// asciiLower is what SQLite's LOWER does: letters beyond ASCII stay.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
