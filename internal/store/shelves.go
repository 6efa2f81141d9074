package store

import (
	"database/sql"
	"iter"

	"fob/internal/report"
)

const shelvedSelect = `SELECT t.id, COALESCE(t.printed, t.serial_key), t.state, COALESCE(a.name, ''), COALESCE(l.name, ''), COALESCE(a.listed = 0, 0)
	FROM token t JOIN batch b ON b.id = t.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
	LEFT JOIN location l ON l.id = t.location_id LEFT JOIN account a ON a.id = t.account_id `

func scanShelved(rows *sql.Rows) (t report.Shelved, err error) {
	err = rows.Scan(&t.ID, &t.Serial, (*stateCode)(&t.State), &t.Account, &t.Location, &t.Left)
	return t, err
}

// Scanned finds the tokens that have one of these serial keys; for a key that none
// has, those that have it but for their dashes.
func (q *queries) Scanned(keys []string) (all []report.Shelved, err error) {
	if all, err = q.shelved(nil, `t.serial_key IN (`, keys); err != nil || len(all) == len(keys) {
		return all, err
	}
	found := make(map[string]bool, len(all))
	for _, t := range all {
		found[t.Serial.Key()] = true
	}
	var rest []string
	for _, key := range keys {
		if !found[key] {
			rest = append(rest, key)
		}
	}
	return q.shelved(all, `replace(t.serial_key, '-', '') <> t.serial_key AND replace(t.serial_key, '-', '') IN (`, rest)
}

func (q *queries) shelved(all []report.Shelved, condition string, keys []string) ([]report.Shelved, error) {
	err := inChunks(keys, func(chunk []string) error {
		return q.each(shelvedSelect+`WHERE `+condition+places(1, len(chunk))+`)`, anys(chunk), func(rows *sql.Rows) error {
			t, err := scanShelved(rows)
			all = append(all, t)
			return err
		})
	})
	return all, err
}

// ShelvedAt streams the tokens in stock and quarantined at a place or below it.
func (q *queries) ShelvedAt(location string) iter.Seq2[report.Shelved, error] {
	return func(yield func(report.Shelved, error) bool) {
		within, err := q.locationsWithin(location)
		if err != nil {
			yield(report.Shelved{}, err)
			return
		}
		if len(within) == 0 {
			return
		}
		for t, err := range stream(q, shelvedSelect+`WHERE t.state IN (0, 4) AND t.location_id IN (`+places(1, len(within))+`) ORDER BY t.id`, scanShelved, within...) {
			if !yield(t, err) {
				return
			}
		}
	}
}
