package store

import (
	"iter"
	"slices"
	"time"

	"fob/internal/provision"
	"fob/internal/trail"
)

// Provision is the store as the way out for seeds wants it.
func (s *Store) Provision() provision.Store { return For[provision.Reader, provision.Tx]{s} }

// deliveredTo tells when a verifier got a token last.
func (q *queries) deliveredTo(verifier string) (func(id int64) time.Time, error) {
	all, err := q.deliveries(` WHERE d.verifier = $1`, verifier)
	handed := trail.NewHanded(all)
	return func(id int64) (last time.Time) {
		for _, n := range handed.In(id) {
			last = all[n].At
		}
		return last
	}, err
}

// handedTo tells which verifiers got a token's seed, each once.
func (q *queries) handedTo() (func(id int64) []string, error) {
	all, err := q.deliveries(``)
	handed := trail.NewHanded(all)
	return func(id int64) (names []string) {
		for _, n := range handed.In(id) {
			if name := all[n].Verifier; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names
	}, err
}

// goneSelect are the events by which the seeds of tokens in a range of ids were handed
// over for good.
const goneSelect = `SELECT DISTINCT d.seq FROM delivery d JOIN delivered x ON x.delivery_id = d.id WHERE d.destroyed = 1
	AND (x.first_id BETWEEN $1 AND $2 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1)`

const handedSelect = `SELECT d.verifier FROM delivered x JOIN delivery d ON d.id = x.delivery_id
	WHERE x.first_id = $1 OR x.last_id > x.first_id AND x.first_id < $1 AND x.last_id >= $1 ORDER BY d.id`

// handedOf does the same for one token, without reading all deliveries.
func (q *queries) handedOf(id int64) (names []string, err error) {
	all, err := collect(q, value[string], handedSelect, id)
	for _, name := range all {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// deliveries reads deliveries with the ids of their tokens.
func (q *queries) deliveries(where string, args ...any) (all []trail.DeliveryRow, err error) {
	at := map[int64]int{}
	heads := `SELECT d.id, d.uuid, d.seq, d.at, d.target, d.verifier, d.plaintext, d.tokens, d.destroyed FROM delivery d` + where + ` ORDER BY d.id`
	q.ahead(Ask{heads, args})
	err = q.each(heads, args, func(row scanner) error {
		var id int64
		var d trail.DeliveryRow
		err := row.Scan(&id, &d.ID, &d.Seq, inNanos(&d.At), &d.Target, &d.Verifier, &d.Plain, &d.Tokens, &d.Destroyed)
		at[id], all = len(all), append(all, d)
		return err
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	return all, q.each(`SELECT x.delivery_id, x.first_id, x.last_id FROM delivered x JOIN delivery d ON d.id = x.delivery_id`+where+` ORDER BY x.delivery_id, x.first_id`, args, func(row scanner) error {
		var id int64
		var r trail.IDRange
		err := row.Scan(&id, &r.First, &r.Last)
		if n, known := at[id]; known {
			all[n].IDs = append(all[n].IDs, r)
		}
		return err
	})
}

// DeliveryRows reads all deliveries.
func (q *queries) DeliveryRows() iter.Seq2[trail.DeliveryRow, error] {
	all, err := q.deliveries(``)
	return func(yield func(trail.DeliveryRow, error) bool) {
		for _, d := range all {
			if !yield(d, nil) {
				return
			}
		}
		failed[trail.DeliveryRow](err)(yield)
	}
}

// SaveDelivery writes who got which seeds.
func (q *queries) SaveDelivery(d trail.DeliveryRow) error {
	id, err := value[int64](q.row(`INSERT INTO delivery (uuid, seq, at, target, verifier, plaintext, tokens, destroyed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		d.ID, d.Seq, d.At.UnixNano(), d.Target, d.Verifier, d.Plain, d.Tokens, d.Destroyed))
	if err != nil {
		return err
	}
	for _, r := range d.IDs {
		if err := q.exec(`INSERT INTO delivered (delivery_id, first_id, last_id) VALUES ($1, $2, $3)`, id, r.First, r.Last); err != nil {
			return err
		}
	}
	return nil
}

// Delivered reports whether the seed of a token, or of one in a range of ids, went to
// a verifier.
func (q *queries) Delivered(first, last int64) (bool, error) {
	return value[bool](q.row(`SELECT EXISTS (SELECT 1 FROM delivered WHERE first_id <= $2 AND last_id >= $1)`, first, last))
}

var _ provision.Tx = (*queries)(nil)
