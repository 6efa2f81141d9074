package store

import (
	"context"
	"errors"
	"iter"

	"fob/internal/desk"
	"fob/internal/token"
)

// Spans reads the ids of each batch's tokens, in the order of batches.
func (q *queries) Spans() ([]desk.Span, error) {
	return collect(q, func(row scanner) (s desk.Span, err error) {
		b := &s.Batch
		err = row.Scan(&b.ID, &b.UUID, &b.Number, &b.FirstID, &b.LastID, inNanos(&b.Imported))
		s.First, s.Last = b.FirstID, b.LastID
		return s, err
	}, `SELECT b.id, b.uuid, b.number, b.first_id, b.last_id, b.imported_at FROM batch b WHERE `+visible+` AND b.last_id >= b.first_id ORDER BY b.number`)
}

// sealedQuery reads a page of tokens by their ids: as they lie in the table, with
// no index and nothing joined. The counter that comes next is that of
// token.Token.NextCounter, or the last one there is when that was used.
func sealedQuery(s desk.Span, f desk.SeedFilter, within []any) (string, []any) {
	query, args := `SELECT t.id, t.serial_key, t.profile_id, CASE WHEN t.watermark < 9223372036854775807 THEN t.watermark + 1 ELSE COALESCE(t.watermark, t.counter) END,
		COALESCE(t.manufactured, 0), COALESCE(t.fingerprint, 0), t.seed FROM token t WHERE t.id BETWEEN $1 AND $2 AND t.seed IS NOT NULL`, []any{s.First, s.Last}
	if f.State != "" {
		query += ` AND t.state = ` + codesOf(f.State)
	}
	if len(within) > 0 {
		query += ` AND t.location_id IN (` + places(3, len(within)) + `)`
	}
	return query + ` ORDER BY t.id`, append(args, within...)
}

// SealedSeeds calls fn for every token of a span that has a seed.
func (q *queries) SealedSeeds(s desk.Span, f desk.SeedFilter, fn func(desk.SealedToken) error) error {
	within, err := q.locationsWithin(f.Location)
	if err != nil || f.Location != "" && len(within) == 0 {
		return err
	}
	query, args := sealedQuery(s, f, within)
	return q.each(query, args, func(row scanner) error {
		var t desk.SealedToken
		if err := row.Scan(&t.ID, &t.Serial, &t.Profile, &t.Next, &t.Manufactured, &t.Fingerprint, &t.Sealed); err != nil {
			return err
		}
		return fn(t)
	})
}

const observationsOf = `SELECT token_id, at, drift, rate FROM observation WHERE token_id BETWEEN $1 AND $2 ORDER BY token_id, id`

// ObservationsOf reads the measured drifts of a span's tokens.
func (q *queries) ObservationsOf(s desk.Span) (map[int64][]token.Observation, error) {
	all := map[int64][]token.Observation{}
	return all, q.each(observationsOf, []any{s.First, s.Last}, func(row scanner) error {
		var id int64
		var o token.Observation
		err := row.Scan(&id, inNanos(&o.At), &o.Drift, &o.Rate)
		all[id] = append(all[id], o)
		return err
	})
}

// SealedSeed is a seed as it is stored, with what its seal binds it to.
type SealedSeed struct {
	token.SeedPlace
	Sealed []byte
}

// errEnough ends a transaction whose reader wants no more.
var errEnough = errors.New("the reader has enough")

// SealedSeeds reads all seeds that are not destroyed, loading ones included.
func (s *Store) SealedSeeds(ctx context.Context) iter.Seq2[SealedSeed, error] {
	return func(yield func(SealedSeed, error) bool) {
		err := s.snapshot(ctx, func(q *queries) error {
			return q.each(`SELECT t.serial_key, t.seed, COALESCE(t.fingerprint, 0), b.uuid FROM token t JOIN batch b ON b.id = t.batch_id WHERE t.seed IS NOT NULL`, nil, func(row scanner) error {
				var x SealedSeed
				if err := row.Scan(&x.Serial, &x.Sealed, &x.Fingerprint, &x.Batch); err != nil {
					return err
				}
				if !yield(x, nil) {
					return errEnough
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(SealedSeed{}, err)
		}
	}
}
