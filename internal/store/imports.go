package store

import (
	"bytes"
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
	var sealedUnder []byte // the header of seals that was looked at last
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
		if header := r.Sealed[:min(len(r.Sealed), sealedHeader)]; !bytes.Equal(header, sealedUnder) {
			if err := q.checkSealed(r.Sealed); err != nil {
				return err
			}
			sealedUnder = header
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

// InsertFingerprints adds fingerprints; sorted ones are inserted fastest.
func (q *queries) InsertFingerprints(prints []desk.Fingerprint) error {
	var rows [][]any
	for _, p := range prints {
		if p.Nth == 0 {
			rows = append(rows, []any{p.Value, int64(0), p.TokenID})
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
				SELECT $1, COALESCE(MAX(nth), -1) + 1, $2 FROM fingerprint WHERE fingerprint = $1`, p.Value, p.TokenID)
		}
	}
	return err
}

// KnownFingerprints returns those of some fingerprints, sorted, that are in the store.
func (q *queries) KnownFingerprints(prints []int64) (known []int64, err error) {
	err = lookUp(q, `fingerprint`, `fingerprint`, `fingerprint`, prints, func(row scanner) error {
		p, err := value[int64](row)
		known = append(known, p)
		return err
	})
	slices.Sort(known)
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

// sparse is how many rows a range may have for each key that is looked up in it, so
// that the whole range is read: a row that nobody asked for costs an eighth of a key
// that is named.
const sparse = 8

// lookUp reads the rows of a table that have one of some sorted keys. A delivery's
// keys mostly lie side by side: of new ones it takes one look to see that nothing is
// between the first and the last of them, and of known ones their range is read.
// Where they lie apart each is named. So scan gets rows that nobody asked for as well.
func lookUp[T int64 | string](q *queries, columns, table, key string, sorted []T, scan func(scanner) error) error {
	if len(sorted) == 0 {
		return nil
	}
	first, last, most := sorted[0], sorted[len(sorted)-1], sparse*len(sorted)
	between := ` FROM ` + table + ` WHERE ` + key + ` BETWEEN $1 AND $2`
	n, err := value[int](q.row(`SELECT COUNT(*) FROM (SELECT 1`+between+` LIMIT $3) AS few`, first, last, most+1))
	switch {
	case err != nil || n == 0:
		return err
	case n <= most:
		return q.each(`SELECT `+columns+between, []any{first, last}, scan)
	}
	return inChunks(sorted, func(list string, args []any) error {
		return q.each(`SELECT `+columns+` FROM `+table+` WHERE `+key+` IN (`+list+`)`, args, scan)
	})
}

// Known looks up many serials, in upper case, those of loading batches too.
func (q *queries) Known(serialKeys []string) (map[string]intake.Known, error) {
	found := map[string]intake.Known{}
	profiles, err := q.Profiles()
	if err != nil {
		return nil, err
	}
	unseen := map[int64]bool{} // batches
	err = q.each(`SELECT b.id, TRUE FROM batch b WHERE NOT (`+visible+`)`, nil, pair(unseen))
	if err != nil {
		return nil, err
	}
	sorted := slices.Sorted(slices.Values(serialKeys))
	return found, lookUp(q, `serial_key, batch_id, profile_id, counter, COALESCE(fingerprint, 0), state`, `token`, `serial_key`, sorted, func(row scanner) error {
		var k intake.Known
		var key string
		var batch, profile int64
		err := row.Scan(&key, &batch, &profile, &k.Counter, &k.Fingerprint, (*stateCode)(&k.State))
		k.Params, k.Unseen = profiles[profile].Params, unseen[batch]
		found[key] = k
		return err
	})
}

const storedSelect = `SELECT ` + tokenFields + `,
	CASE WHEN b.loading = 1 THEN b.by_name WHEN b.withdrawn_at IS NOT NULL THEN b.by_name || ' (batch ' || b.number || ' is being withdrawn)' ELSE '' END,
	EXISTS (SELECT 1 FROM delivered x WHERE x.first_id = t.id OR x.last_id > x.first_id AND x.first_id < t.id AND x.last_id >= t.id)` + tokenTables + ` WHERE `

func (scan scanToken) stored(row scanner) (s intake.Stored, err error) {
	var handed bool // to a verifier
	t, err := scan(row, &s.LoadingBy, &handed)
	s.Facts, s.Standing, s.BatchID = t.Facts, t.Standing, t.BatchID
	s.Issued = s.Issued || handed
	return s, err
}

// Stored looks up many serials, in upper case, those of loading batches too.
func (q *queries) Stored(serialKeys []string) (map[string]intake.Stored, error) {
	found := map[string]intake.Stored{}
	scan := q.tokenScanner()
	return found, inChunks(serialKeys, func(list string, args []any) error {
		return q.each(storedSelect+`t.serial_key IN (`+list+`)`, args, func(row scanner) error {
			s, err := scan.stored(row)
			found[s.Serial.Key()] = s
			return err
		})
	})
}

// StoredByFingerprint looks up many fingerprints. It sees those of a loading batch
// only once InsertFingerprints has brought them.
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
