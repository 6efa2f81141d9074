package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
)

// SealedSeed is a seed as it is stored, with the fingerprint of the seed that was
// imported.
type SealedSeed struct {
	SerialKey   string
	Sealed      []byte
	Fingerprint int64
}

// SealedSeeds reads all seeds that are not destroyed, loading ones included.
func (s *Store) SealedSeeds(ctx context.Context) iter.Seq2[SealedSeed, error] {
	return func(yield func(SealedSeed, error) bool) {
		err := s.snapshot(ctx, func(q *queries) error {
			rows := stream(q, `SELECT serial_key, seed, fingerprint FROM token WHERE seed IS NOT NULL`, func(rows *sql.Rows) (x SealedSeed, err error) {
				err = rows.Scan(&x.SerialKey, &x.Sealed, &x.Fingerprint)
				return x, err
			})
			for x, err := range rows {
				if err != nil {
					return err
				}
				if !yield(x, nil) {
					return errEnough
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(SealedSeed{}, err)
		}
	}
}
