package store

import (
	"context"
	"errors"

	"fob/internal/token"
	"fob/internal/trail"
)

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
