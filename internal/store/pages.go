package store

import (
	"database/sql"
	"fmt"
	"strings"

	"fob/internal/desk"
	"fob/internal/token"
)

// Spans gives the ids of each batch's tokens, in the order of batches.
func (q *queries) Spans() ([]desk.Span, error) {
	var all []desk.Span
	err := q.each(`SELECT id, number, first_id, last_id, imported_at FROM batch WHERE loading = 0 AND withdrawn_at IS NULL ORDER BY number`, nil,
		func(rows *sql.Rows) error {
			var b token.Batch
			var imported sql.NullInt64
			err := rows.Scan(&b.ID, &b.Number, &b.FirstID, &b.LastID, &imported)
			b.Imported = fromNanos(imported)
			if b.LastID >= b.FirstID {
				all = append(all, desk.Span{Batch: b, First: b.FirstID, Last: b.LastID})
			}
			return err
		})
	return all, err
}

// Profiles gives all profiles by their ids.
func (q *queries) Profiles() (map[int64]token.Profile, error) {
	all := map[int64]token.Profile{}
	err := q.each(`SELECT id, manufacturer, model, type, hash, digits, period, t0 FROM profile`, nil, func(rows *sql.Rows) error {
		var id int64
		var p token.Profile
		err := rows.Scan(&id, &p.Manufacturer, &p.Model, &p.Type, &p.Hash, &p.Digits, &p.Period, &p.T0)
		all[id] = p
		return err
	})
	return all, err
}

// nextCounter is token.Token.NextCounter, or the last counter there is when that
// was used.
const nextCounter = `CASE WHEN t.watermark < 9223372036854775807 THEN t.watermark + 1 ELSE COALESCE(t.watermark, t.counter) END`

// sealedSelect has a NULL wherever there is nothing to say: a column with a value
// costs twice as much, and in a search through all tokens reading them takes half
// of the time.
const sealedSelect = `SELECT t.id, t.serial_key, t.profile_id, NULLIF(` + nextCounter + `, 0),
	t.manufactured, t.seed FROM token t WHERE t.id BETWEEN $1 AND $2 AND t.seed IS NOT NULL`

// sealedQuery reads a page of tokens by their ids: as they lie in the table, with
// no index and nothing joined.
func sealedQuery(s desk.Span, f desk.SeedFilter, places []any) (string, []any) {
	query, args := sealedSelect, []any{s.First, s.Last}
	if f.State != "" {
		args = append(args, stateCode(f.State))
		query += ` AND t.state = $3`
	}
	if len(places) > 0 {
		numbers := make([]string, len(places))
		for i, id := range places {
			args = append(args, id)
			numbers[i] = fmt.Sprintf("$%d", len(args))
		}
		query += ` AND t.location_id IN (` + strings.Join(numbers, ", ") + `)`
	}
	return query + ` ORDER BY t.id`, args
}

// SealedSeeds calls fn for every token of a span that has a seed.
func (q *queries) SealedSeeds(s desk.Span, f desk.SeedFilter, fn func(desk.SealedToken) error) error {
	places, err := q.locationsWithin(f.Location)
	if err != nil || f.Location != "" && len(places) == 0 {
		return err
	}
	query, args := sealedQuery(s, f, places)
	l := newLoose(6)
	var sealed sql.RawBytes // valid until the next row, which spares a copy
	l.into[5] = &sealed
	return q.each(query, args, func(rows *sql.Rows) error {
		if err := rows.Scan(l.into...); err != nil {
			return err
		}
		t := desk.SealedToken{ID: l.int(0), Serial: token.Serial(l.text(1)), Profile: l.int(2), Next: l.int(3), Manufactured: l.int(4), Sealed: sealed}
		if l.err != nil {
			return l.err
		}
		return fn(t)
	})
}

// ObservationsOf reads the measured drifts of a span's tokens.
func (q *queries) ObservationsOf(s desk.Span) (map[int64][]token.Observation, error) {
	all := map[int64][]token.Observation{}
	err := q.each(observationsOf, []any{s.First, s.Last}, func(rows *sql.Rows) error {
		var id int64
		var at sql.NullInt64
		var drift float64
		var rate sql.NullFloat64
		err := rows.Scan(&id, &at, &drift, &rate)
		all[id] = append(all[id], token.Observation{At: fromNanos(at), Drift: drift, Rate: optional(rate)})
		return err
	})
	return all, err
}

const observationsOf = `SELECT token_id, at, drift, rate FROM observation WHERE token_id BETWEEN $1 AND $2 ORDER BY token_id, id`
