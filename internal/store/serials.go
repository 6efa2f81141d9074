package store

import (
	"database/sql"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// token reads one token and its newest observation. A serial that is not here as
// typed is looked for without the spaces and dashes that it was said or printed
// with; it is taken if one token alone fits.
func (q *queries) token(serial token.Serial) (token.Token, *token.Observation, error) {
	t, last, err := q.tokenByKey(serial.Key())
	if !notFound(err) {
		return t, last, err
	}
	fits, err := q.bareSerials(serial.Bare())
	switch {
	case err != nil:
		return t, nil, err
	case len(fits) == 1:
		return q.tokenByKey(fits[0].Key())
	case len(fits) > 1:
		return t, nil, fault.Errorf(fault.NotFound, "%s may be token %s", serial, inWords(fits, " or ")).
			WithHint("type it with its dashes, as it is printed")
	}
	return t, nil, q.noSuchToken(serial)
}

func (q *queries) tokenByKey(key string) (token.Token, *token.Observation, error) {
	return scanToken(q.row(tokenSelect+` WHERE t.serial_key = $1`, key))
}

const (
	printedSelect = `SELECT COALESCE(t.printed, t.serial_key) FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL `
	// bareSelect looks up what has no dashes, and what has, each by its index.
	bareSelect = printedSelect + `WHERE t.serial_key = $1
		UNION ALL ` + printedSelect + `WHERE t.bare = $1
		LIMIT 5`
)

// bareSerials finds the serials that are the same without their dashes.
func (q *queries) bareSerials(bare string) (found []token.Serial, err error) {
	if bare == "" {
		return nil, nil
	}
	err = q.each(bareSelect, []any{bare}, func(rows *sql.Rows) error {
		var s token.Serial
		err := rows.Scan(&s)
		found = append(found, s)
		return err
	})
	return found, err
}

// maxNear is how many serials a person is shown: more cannot be compared with a
// phone at the ear.
const maxNear = 5

func (q *queries) noSuchToken(serial token.Serial) error {
	err := fault.Errorf(fault.NotFound, "there is no token %s", serial)
	near, nearErr := q.NearSerials(serial, maxNear)
	if nearErr != nil || len(near) == 0 {
		return err.WithHint("read the serial again, with its leading zeros; %s shows what is here", fault.Do("list"))
	}
	return err.WithHint("near it: %s", inWords(near, ", "))
}

func inWords(serials []token.Serial, between string) string {
	names := make([]string, len(serials))
	for i, s := range serials {
		names[i] = string(s)
	}
	return strings.Join(names, between)
}

// NearSerials finds serials that a person may have meant, the likeliest first:
// those one slip of ear, eye or finger away, then those that begin as typed. Which
// of them it is, is for a person to say.
func (q *queries) NearSerials(serial token.Serial, limit int) ([]token.Serial, error) {
	slips := serial.Slips()
	rank := make(map[string]int, len(slips))
	for i, s := range slips {
		rank[s] = i
	}
	var found []token.Serial
	collect := func(rows *sql.Rows) error {
		var s token.Serial
		err := rows.Scan(&s)
		if !slices.Contains(found, s) {
			found = append(found, s)
		}
		return err
	}
	if err := inChunks(slips, func(chunk []string) error { return q.each(nearBySlips(len(chunk)), anys(chunk), collect) }); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b token.Serial) int { return rank[a.Key()] - rank[b.Key()] })
	if key := serial.Key(); len(key) >= 3 && len(found) < limit {
		if err := q.each(nearByPrefix, []any{key, key + "\x7f", limit}, collect); err != nil {
			return nil, err
		}
	}
	return found[:min(len(found), limit)], nil
}

const nearByPrefix = printedSelect + `WHERE t.serial_key >= $1 AND t.serial_key < $2 ORDER BY t.serial_key LIMIT $3`

func nearBySlips(n int) string {
	return printedSelect + `WHERE t.serial_key IN (` + places(1, n) + `)`
}
