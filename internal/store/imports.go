package store

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/token"
)

// InsertTokens inserts the tokens of a loading batch; ids rise.
func (q *queries) InsertTokens(b token.Batch, tokens []desk.Row) error {
	profiles := map[token.Profile]int64{}
	locations := map[string]any{}
	rows := make([][]any, len(tokens))
	for i := range tokens {
		r := &tokens[i]
		if err := q.learnProfile(profiles, r.Profile); err != nil {
			return err
		}
		name := cmp.Or(r.Location, b.Supplied.Location)
		if _, known := locations[name]; !known {
			id, err := q.locationID(name)
			if err != nil {
				return err
			}
			locations[name] = id
		}
		var asPrinted, bare any // NULL where they are the same as the key
		key := r.Serial.Key()
		if string(r.Serial) != key {
			asPrinted = string(r.Serial)
		}
		if strings.Contains(key, "-") {
			bare = strings.ReplaceAll(key, "-", "")
		}
		rows[i] = []any{r.ID, key, asPrinted, bare, b.ID, profiles[r.Profile], r.Counter,
			seconds(r.NotBefore), seconds(r.NotAfter), seconds(r.Manufactured), r.Fingerprint, r.Sealed, locations[name]}
	}
	err := q.insert("token", []string{"id", "serial_key", "printed", "bare", "batch_id", "profile_id", "counter",
		"not_before", "not_after", "manufactured", "fingerprint", "seed", "location_id"}, rows)
	if q.engine.IsTaken(err) { // by another import since this one looked, or twice in one file all the same
		return fault.Wrap(fault.Internal, errors.Join(intake.ErrSerialTaken, err), "storing a slice")
	}
	return err
}

// InsertPrints adds fingerprints; sorted ones are inserted fastest.
func (q *queries) InsertPrints(prints []desk.Print) error {
	var rows [][]any
	for _, p := range prints {
		if p.Nth == 0 {
			rows = append(rows, []any{p.Print, int64(0), p.TokenID})
		}
	}
	err := q.insert("fingerprint", []string{"fingerprint", "nth", "token_id"}, rows)
	if q.engine.IsTaken(err) {
		return fault.Errorf(fault.NotAllowed, "another import brought one of these seeds meanwhile; nothing of this file is stored").
			WithHint("import the file again: the record will be named")
	}
	for _, p := range prints {
		if err == nil && p.Nth > 0 { // it is known to be another seed's: it takes the next number
			err = q.exec(`INSERT INTO fingerprint (fingerprint, nth, token_id)
				SELECT $1, COALESCE(MAX(nth), -1) + 1, $2 FROM fingerprint WHERE fingerprint = $1`, p.Print, p.TokenID)
		}
	}
	return err
}

// KnownPrints returns those of some fingerprints that are in the store.
func (q *queries) KnownPrints(prints []int64) (known []desk.Print, err error) {
	err = inChunks(prints, func(list string, args []any) error {
		more, err := collect(q, func(row scanner) (p desk.Print, err error) {
			err = row.Scan(&p.Print, &p.Nth, &p.TokenID)
			return p, err
		}, `SELECT fingerprint, nth, token_id FROM fingerprint WHERE fingerprint IN (`+list+`) ORDER BY fingerprint, nth`, args...)
		known = append(known, more...)
		return err
	})
	return known, err
}

// SerialTaken reports whether a token has a serial, one of a loading batch too.
func (q *queries) SerialTaken(serialKey string) (bool, error) {
	return value[bool](q.row(`SELECT EXISTS (SELECT 1 FROM token WHERE serial_key = $1)`, serialKey))
}

// SeedTaken reports whether a token has a fingerprint, one of a loading batch too.
func (q *queries) SeedTaken(fingerprint int64) (bool, error) {
	return value[bool](q.row(`SELECT EXISTS (SELECT 1 FROM fingerprint WHERE fingerprint = $1)`, fingerprint))
}

// withoutNew leaves out keys of which it takes one look to see that none is here: a
// delivery's serials mostly follow each other, and nothing lies between the first
// and the last of them.
func (q *queries) withoutNew(serialKeys []string) ([]string, error) {
	if len(serialKeys) == 0 {
		return nil, nil
	}
	sorted := slices.Sorted(slices.Values(serialKeys))
	some, err := value[bool](q.row(`SELECT EXISTS (SELECT 1 FROM token WHERE serial_key BETWEEN $1 AND $2)`, sorted[0], sorted[len(sorted)-1]))
	if !some {
		return nil, err
	}
	return sorted, err
}

const storedSelect = `SELECT ` + tokenFields + `,
	CASE WHEN b.loading = 1 THEN b.by_name WHEN b.withdrawn_at IS NOT NULL THEN b.by_name || ' (batch ' || b.number || ' is being withdrawn)' ELSE '' END` + tokenTables + ` WHERE `

func (scan scanToken) stored(row scanner) (s intake.Stored, err error) {
	t, err := scan(row, &s.LoadingBy)
	s.Facts, s.Standing, s.BatchID = t.Facts, t.Standing, t.BatchID
	return s, err
}

// Stored looks up many serials, in upper case, those of loading batches too.
func (q *queries) Stored(serialKeys []string) (map[string]intake.Stored, error) {
	found := map[string]intake.Stored{}
	sorted, err := q.withoutNew(serialKeys)
	if err != nil {
		return nil, err
	}
	scan := q.tokenScanner()
	return found, inChunks(sorted, func(list string, args []any) error {
		return q.each(storedSelect+`t.serial_key IN (`+list+`)`, args, func(row scanner) error {
			s, err := scan.stored(row)
			found[s.Serial.Key()] = s
			return err
		})
	})
}

// StoredByFingerprint looks up many fingerprints. It sees those of a loading batch
// only once InsertPrints has brought them.
func (q *queries) StoredByFingerprint(prints []int64) (map[int64][]intake.Stored, error) {
	found := map[int64][]intake.Stored{}
	scan := q.tokenScanner()
	return found, inChunks(slices.Compact(slices.Sorted(slices.Values(prints))), func(list string, args []any) error {
		return q.each(storedSelect+`t.id IN (SELECT token_id FROM fingerprint WHERE fingerprint IN (`+list+`)) ORDER BY t.id`, args, func(row scanner) error {
			s, err := scan.stored(row)
			found[s.Fingerprint] = append(found[s.Fingerprint], s)
			return err
		})
	})
}
