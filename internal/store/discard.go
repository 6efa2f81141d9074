package store

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"fob/internal/desk"
)

// sliceRows is how many rows one transaction of a sweep removes, so that the desk
// gets its turn in between.
const sliceRows = 5000

// discard is a loading batch on its way out.
type discard struct {
	batch       int64
	first, last int64 // ids of its tokens
	from, to    int64 // fingerprints that may be left
}

// DiscardLoad removes a loading batch with all that was loaded, its fingerprints
// first: in the order of their table, for in that of the tokens every slice would
// rewrite nearly all of its pages (measured: twice the time). A batch that is
// complete stays.
func (s *Store) DiscardLoad(ctx context.Context, batchID int64) error {
	d := discard{batch: batchID, from: math.MinInt64, to: math.MinInt64}
	err := s.snapshot(ctx, func(q *queries) error { return q.beginDiscard(&d) })
	if notFound(err) {
		return nil
	}
	for more := err == nil && d.from < d.to; more && err == nil; {
		err = s.Load(ctx, func(tx desk.Tx) (err error) {
			more, err = tx.(*queries).discardPrints(&d)
			return err
		})
	}
	for more := true; more && err == nil; {
		err = s.Load(ctx, func(tx desk.Tx) (err error) {
			more, err = tx.(*queries).discardTokens(&d)
			return err
		})
	}
	return err
}

// beginDiscard finds out how far the fingerprints go. They are inserted in their
// order when all tokens are in, so that behind the first one that is missing there
// are none: a sample of the tokens tells about where that is.
func (q *queries) beginDiscard(d *discard) error {
	if err := q.row(`SELECT first_id, last_id FROM batch WHERE id = $1 AND loading = 1`, d.batch).Scan(&d.first, &d.last); err != nil {
		return err
	}
	var sample []int64
	err := q.each(`SELECT fingerprint FROM token WHERE id BETWEEN $1 AND $2`, []any{d.first, min(d.last, d.first+sliceRows-1)},
		func(rows *sql.Rows) error {
			var print int64
			err := rows.Scan(&print)
			sample = append(sample, print)
			return err
		})
	if err != nil || len(sample) == 0 {
		return err
	}
	slices.Sort(sample)
	known, err := q.KnownPrints(slices.Compact(sample))
	if err != nil {
		return err
	}
	here := make(map[int64]bool, len(known))
	for _, p := range known {
		if p.TokenID >= d.first && p.TokenID <= d.last {
			here[p.Print] = true
		}
	}
	d.to = math.MaxInt64
	if missing := slices.IndexFunc(sample, func(print int64) bool { return !here[print] }); missing >= 0 {
		d.to = sample[missing]
	}
	return nil
}

// discardPrints goes through some leaves of the fingerprint table and removes what
// is the batch's; it reports whether there are more.
func (q *queries) discardPrints(d *discard) (more bool, err error) {
	all, err := q.leaves(d.from, leavesAhead)
	if err != nil {
		return false, err
	}
	w := q.leafWriter()
	defer w.close()
	for _, l := range all {
		if l.first > d.to {
			return false, w.flush()
		}
		if err := w.keep(l, func(p pair) bool { return p.token < d.first || p.token > d.last }); err != nil {
			return false, err
		}
		d.from = l.first + 1
	}
	return len(all) == leavesAhead, w.flush()
}

// discardTokens removes some of the tokens, and with the last of them the batch. That
// it still loads is asked first: a question inside the DELETE would make the
// database list the rows and then look each of them up again (half of the time).
func (q *queries) discardTokens(d *discard) (more bool, err error) {
	var loading bool
	if err := q.row(`SELECT EXISTS (SELECT 1 FROM batch WHERE id = $1 AND loading = 1)`, d.batch).Scan(&loading); err != nil || !loading {
		return false, err
	}
	last := min(d.first+sliceRows-1, d.last)
	err = q.exec(`DELETE FROM token WHERE id BETWEEN $1 AND $2`, d.first, last)
	if d.first = last + 1; err != nil || d.first <= d.last {
		return true, err
	}
	return false, q.exec(`DELETE FROM batch WHERE id = $1 AND loading = 1`, d.batch)
}
