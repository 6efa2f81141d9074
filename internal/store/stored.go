package store

import (
	"database/sql"
	"slices"

	"fob/internal/intake"
	"fob/internal/token"
)

// What an import asks of the store, for thousands of records at once. Loading
// batches are seen. A join costs for every row, so what thousands of tokens share
// (profile, batch, location) is looked up once.
const storedSelect = `
SELECT t.id, COALESCE(t.printed, t.serial_key), t.profile_id, t.counter, t.not_before,
       t.not_after, t.manufactured, t.fingerprint, t.batch_id, t.state, t.issued, COALESCE(t.location_id, 0)
FROM token t `

// lookupChunk is how many keys one look-up names: enough that the cost of a
// statement vanishes, few enough for every engine's limit of parameters.
const lookupChunk = 500

// Empty reports whether the store holds no token: then there is nothing to look up.
func (q *queries) Empty() (empty bool, err error) {
	err = q.row(`SELECT NOT EXISTS (SELECT 1 FROM token)`).Scan(&empty)
	return empty, err
}

// Stored looks up many serials, in upper case. A delivery's serials mostly follow
// each other, and nothing lies between the first and the last of them: one look
// tells.
func (q *queries) Stored(serialKeys []string) (map[string]intake.Stored, error) {
	found := map[string]intake.Stored{}
	if len(serialKeys) == 0 {
		return found, nil
	}
	sorted := slices.Sorted(slices.Values(serialKeys))
	if any, err := q.anyBetween(sorted); err != nil || !any {
		return found, err
	}
	s := newShared(q)
	err := inChunks(sorted, func(chunk []string) error {
		return s.each(storedSelect+`WHERE t.serial_key IN (`+places(1, len(chunk))+`)`, anys(chunk),
			func(here intake.Stored) { found[here.Serial.Key()] = here })
	})
	return found, err
}

// anyBetween reports whether a token has one of some sorted serials, or one between
// the first and the last of them.
func (q *queries) anyBetween(sorted []string) (any bool, err error) {
	err = q.row(`SELECT EXISTS (SELECT 1 FROM token WHERE serial_key BETWEEN $1 AND $2)`,
		sorted[0], sorted[len(sorted)-1]).Scan(&any)
	return any, err
}

// unseen are batches whose tokens are there and yet are not: those that load, and
// withdrawn ones that have tokens left to remove.
const unseen = `(b.loading = 1 OR b.withdrawn_at IS NOT NULL
	AND EXISTS (SELECT 1 FROM token t WHERE t.id BETWEEN b.first_id AND b.last_id))`

// Known looks up many serials for no more than tells a token that is here and
// unchanged: each column that is asked for costs, and twelve of them took more than
// finding the token. It does not see batches that load or are
// withdrawn, and reports whether there is another than one's own.
func (q *queries) Known(serialKeys []string, own int64) (found map[string]intake.Known, others bool, err error) {
	if err := q.row(`SELECT EXISTS (SELECT 1 FROM batch b WHERE id <> $1 AND `+unseen+`)`, own).Scan(&others); err != nil || len(serialKeys) == 0 {
		return nil, others, err
	}
	sorted := slices.Sorted(slices.Values(serialKeys))
	if any, err := q.anyBetween(sorted); err != nil || !any {
		return nil, others, err
	}
	found = make(map[string]intake.Known, len(serialKeys))
	s := newShared(q)
	visible := ""
	if others {
		visible = ` AND batch_id NOT IN (SELECT id FROM batch b WHERE ` + unseen + `)`
	}
	err = inChunks(sorted, func(chunk []string) error { return q.known(chunk, visible, found, s) })
	return found, others, err
}

// packing is more than the number of states: profile and state come as one number.
const packing = 8

func (q *queries) known(chunk []string, visible string, found map[string]intake.Known, s *shared) error {
	st, err := q.statement(`SELECT serial_key, fingerprint, counter, profile_id * 8 + state FROM token
		WHERE serial_key IN (` + places(1, len(chunk)) + `)` + visible)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(q.ctx, anys(chunk)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	packed := make(map[string]int64, len(chunk))
	for rows.Next() {
		var key string
		var k intake.Known
		var both int64
		if err := rows.Scan(&key, &k.Fingerprint, &k.Counter, &both); err != nil {
			return err
		}
		found[key], packed[key] = k, both
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	for key, both := range packed {
		k := found[key]
		if err := s.unpack(&k, both); err != nil {
			return err
		}
		found[key] = k
	}
	return nil
}

// unpack takes profile and state apart.
func (s *shared) unpack(k *intake.Known, both int64) error {
	p, err := lookup(s.profiles, both/packing, s.q.profile)
	if err != nil {
		return err
	}
	k.Params = p.Params
	return (*stateCode)(&k.State).Scan(both % packing)
}

// StoredByFingerprint looks up many fingerprints. It sees the prints of a
// loading batch only once InsertPrints has brought them.
func (q *queries) StoredByFingerprint(prints []int64) (map[int64][]intake.Stored, error) {
	found := map[int64][]intake.Stored{}
	known, err := q.KnownPrints(slices.Compact(slices.Sorted(slices.Values(prints))))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(known))
	for i, p := range known {
		ids[i] = p.TokenID
	}
	s := newShared(q)
	err = inChunks(ids, func(chunk []int64) error {
		return s.each(storedSelect+`WHERE t.id IN (`+places(1, len(chunk))+`)`, anys(chunk),
			func(here intake.Stored) { found[here.Fingerprint] = append(found[here.Fingerprint], here) })
	})
	return found, err
}

// KnownTokens looks up many tokens by their ids, which rise. Where most ids from
// the first to the last are asked for, all of them are read: that costs half.
func (q *queries) KnownTokens(ids []int64) (known []intake.KnownToken, err error) {
	const columns = `SELECT id, serial_key, fingerprint, counter, profile_id * 8 + state FROM token `
	const seen = ` AND batch_id NOT IN (SELECT id FROM batch b WHERE ` + unseen + `) ORDER BY id`
	var packed []int64
	err = inChunks(ids, func(chunk []int64) error {
		query, args := columns+`WHERE id IN (`+places(1, len(chunk))+`)`+seen, anys(chunk)
		if first, last := chunk[0], chunk[len(chunk)-1]; last-first < 2*int64(len(chunk)) {
			query, args = columns+`WHERE id BETWEEN $1 AND $2`+seen, []any{first, last}
		}
		return q.each(query, args, func(rows *sql.Rows) error {
			var t intake.KnownToken
			var both int64
			err := rows.Scan(&t.ID, &t.SerialKey, &t.Fingerprint, &t.Counter, &both)
			known, packed = append(known, t), append(packed, both)
			return err
		})
	})
	s := newShared(q)
	for i := range packed {
		if err == nil {
			err = s.unpack(&known[i].Known, packed[i])
		}
	}
	return known, err
}

// shared remembers what many tokens point to.
type shared struct {
	q         *queries
	profiles  map[int64]token.Profile
	loaders   map[int64]string // by batch; empty: it is complete
	locations map[int64]string
}

func newShared(q *queries) *shared {
	return &shared{q, map[int64]token.Profile{}, map[int64]string{}, map[int64]string{0: ""}}
}

// storedRow is a token with the numbers of what it points to.
type storedRow struct {
	intake.Stored
	profile, location int64
}

// each calls do for every row of a storedSelect. What the rows point to is looked
// up behind the last: a connection answers one query at a time.
func (s *shared) each(query string, args []any, do func(intake.Stored)) error {
	var all []storedRow
	st, err := s.q.statement(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(s.q.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanStored(rows)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	for i := range all {
		if err := s.complete(&all[i]); err != nil {
			return err
		}
		do(all[i].Stored)
	}
	return nil
}

func scanStored(rows *sql.Rows) (r storedRow, err error) {
	c := &r.Facts
	err = rows.Scan(&c.ID, &c.Serial, &r.profile, &c.Counter, (*atSeconds)(&c.NotBefore), (*atSeconds)(&c.NotAfter), (*atSeconds)(&c.Manufactured),
		&c.Fingerprint, &r.BatchID, (*stateCode)(&r.State), &r.Issued, &r.location)
	return r, err
}

func (s *shared) complete(r *storedRow) error {
	p, err := lookup(s.profiles, r.profile, s.q.profile)
	if err != nil {
		return err
	}
	r.Profile = p
	if r.LoadingBy, err = lookup(s.loaders, r.BatchID, s.q.loaderOf); err != nil {
		return err
	}
	r.Location, err = lookup(s.locations, r.location, s.q.locationName)
	return err
}

func lookup[T any](known map[int64]T, id int64, find func(int64) (T, error)) (T, error) {
	if v, ok := known[id]; ok {
		return v, nil
	}
	v, err := find(id)
	if err == nil {
		known[id] = v
	}
	return v, err
}

func (q *queries) profile(id int64) (p token.Profile, err error) {
	err = q.row(`SELECT manufacturer, model, type, hash, digits, period, t0 FROM profile WHERE id = $1`, id).
		Scan(&p.Manufacturer, &p.Model, &p.Type, &p.Hash, &p.Digits, &p.Period, &p.T0)
	return p, err
}

func (q *queries) loaderOf(batch int64) (name string, err error) {
	err = q.row(`SELECT CASE WHEN loading = 1 THEN by_name WHEN withdrawn_at IS NOT NULL
		THEN by_name || ' (batch ' || number || ' is being withdrawn)' ELSE '' END FROM batch WHERE id = $1`, batch).Scan(&name)
	return name, err
}

func (q *queries) locationName(id int64) (name string, err error) {
	err = q.row(`SELECT name FROM location WHERE id = $1`, id).Scan(&name)
	return name, err
}

// SerialTaken reports whether a token has a serial, one of a loading batch too.
func (q *queries) SerialTaken(serialKey string) (bool, error) {
	found, err := q.Stored([]string{serialKey})
	return len(found) > 0, err
}

// SeedTaken reports whether a token has a fingerprint, one of a loading batch too.
func (q *queries) SeedTaken(fingerprint int64) (bool, error) {
	found, err := q.StoredByFingerprint([]int64{fingerprint})
	return len(found) > 0, err
}
