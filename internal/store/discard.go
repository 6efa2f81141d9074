package store

import "context"

// sliceRows is how many rows one transaction of a sweep removes, so that the desk
// gets its turn in between.
const sliceRows = 5000

// DiscardLoad removes a loading batch with all that was loaded. A batch that is
// complete stays.
func (s *Store) DiscardLoad(ctx context.Context, batchID int64) error {
	for more := true; more; {
		err := s.update(ctx, true, func(q *queries) (err error) {
			more, err = q.discardSlice(batchID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// discardSlice removes some of a loading batch's tokens, and with the last of them
// the batch.
func (q *queries) discardSlice(batchID int64) (more bool, err error) {
	var first, last int64
	err = q.row(`SELECT COALESCE((SELECT MIN(id) FROM token WHERE id BETWEEN first_id AND last_id), last_id + 1), last_id
		FROM batch WHERE id = $1 AND loading = 1`, batchID).Scan(&first, &last)
	if notFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if first > last {
		return false, q.exec(`DELETE FROM batch WHERE id = $1`, batchID)
	}
	return true, q.removeTokens(first, min(first+sliceRows-1, last))
}
