package store

import (
	"context"
	"errors"
	"iter"

	"fob/internal/desk"
	"fob/internal/token"
	"fob/internal/trail"
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

// Trace is what is remembered of a sealed seed until the files were searched for it:
// its nonce, which is random, and what comes behind.
type Trace [16]byte

// traceOf returns what is looked for; ok is false for what is no sealed seed.
func traceOf(sealed []byte) (t Trace, ok bool) {
	if len(sealed) < sealedHeader+len(t) {
		return t, false
	}
	return Trace(sealed[sealedHeader:]), true
}

// Residue is what a search of the engine's files came to.
type Residue struct {
	Files []string // their names
	Bytes int64
	Found int
}

// DestroySeed removes a token's sealed seed; its fingerprint stays. The engine
// overwrites it in the database; Erase does the rest once that is committed.
func (q *queries) DestroySeed(tokenID int64) error {
	_, err := q.DestroySeeds(trail.IDRanges{{First: tokenID, Last: tokenID}})
	return err
}

// DestroySeeds does the same with the tokens of some ranges of ids, and counts them.
func (q *queries) DestroySeeds(of trail.IDRanges) (n int, err error) {
	for _, r := range of {
		err := q.each(`SELECT seed FROM token WHERE id BETWEEN $1 AND $2 AND seed IS NOT NULL`, []any{r.First, r.Last}, func(row scanner) error {
			var sealed []byte
			err := row.Scan(&sealed)
			if t, ok := traceOf(sealed); ok {
				q.destroyed = append(q.destroyed, t)
			}
			n++
			return err
		})
		if err == nil {
			err = q.exec(`UPDATE token SET seed = NULL WHERE id BETWEEN $1 AND $2 AND seed IS NOT NULL`, r.First, r.Last)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Erase removes seeds that were destroyed since it was called last from the engine's
// log, and reads its files back to see whether one is still to be found.
func (s *Store) Erase(ctx context.Context) (e token.Erasure, err error) {
	s.mu.Lock()
	sought := s.destroyed
	s.destroyed = nil
	s.mu.Unlock()
	if e.LogEmptied, err = s.EmptyLog(ctx); err != nil {
		return e, err
	}
	e.Sought = len(sought)
	found, err := s.Residue(ctx, sought)
	if errors.Is(err, errors.ErrUnsupported) {
		e.Server, err = true, nil
	}
	e.Files, e.Bytes, e.Found = found.Files, found.Bytes, found.Found
	return e, err
}
