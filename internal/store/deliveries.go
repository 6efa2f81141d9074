package store

import (
	"iter"
	"slices"
	"time"

	"fob/internal/provision"
	"fob/internal/token"
	"fob/internal/trail"
)

// Provision is the store as the way out for seeds wants it.
func (s *Store) Provision() provision.Store { return For[provision.Reader, provision.Tx]{s} }

// candidateSelect reads tokens with all that a verifier may be told of them. The
// table of batches is joined already.
const candidateSelect = `SELECT ` + tokenFields + `, t.seed, o.at, o.drift, o.rate, COALESCE(a.person, ''), b.uuid` + tokenTables + `
LEFT JOIN observation o ON o.id = (SELECT MAX(id) FROM observation WHERE token_id = t.id)`

// Candidates streams chosen tokens with their sealed seeds.
func (q *queries) Candidates(c provision.Choice, verifier string) iter.Seq2[provision.Candidate, error] {
	before, err := q.deliveredTo(verifier)
	if err != nil {
		return failed[provision.Candidate](err)
	}
	if len(c.Serials) > 0 {
		return q.namedCandidates(c.Serials, before)
	}
	l, err := q.listing(c.Filter)
	if err != nil || l.nothing {
		return failed[provision.Candidate](err)
	}
	return q.candidates(l, before)
}

func (q *queries) namedCandidates(serials []token.Serial, before func(int64) time.Time) iter.Seq2[provision.Candidate, error] {
	return func(yield func(provision.Candidate, error) bool) {
		seen := map[int64]bool{}
		for _, s := range serials {
			t, err := q.Token(s) // as people say it
			if err != nil {
				failed[provision.Candidate](err)(yield)
				return
			}
			if seen[t.ID] {
				continue
			}
			seen[t.ID] = true
			l := listing{order: `t.id`}
			l.where(`t.id = ?`, t.ID)
			for c, err := range q.candidates(l, before) {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

func (q *queries) candidates(l listing, before func(int64) time.Time) iter.Seq2[provision.Candidate, error] {
	l.where(visible)
	scan := q.tokenScanner()
	return stream(q, func(row scanner) (c provision.Candidate, err error) {
		var o token.Observation
		var drift *float64
		var sealed []byte
		var object string
		var of token.SeedPlace
		c.Token, err = scan(row, &sealed, inNanos(&o.At), &drift, &o.Rate, &object, &of.Batch)
		of.Serial, of.Fingerprint = c.Serial, c.Fingerprint
		c.Of = of
		c.Sealed, c.Object, c.Before = sealed, object, before(c.ID)
		if drift != nil {
			o.Drift = *drift
			c.Seen = &o
		}
		return c, err
	}, l.from(candidateSelect), l.args...)
}

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
	err = q.each(`SELECT d.id, d.uuid, d.seq, d.at, d.target, d.verifier, d.plaintext, d.tokens, d.destroyed FROM delivery d`+where+` ORDER BY d.id`, args, func(row scanner) error {
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
