package store

import (
	"cmp"
	"errors"
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
		profile := r.Profile
		if err := q.learnProfile(profiles, profile); err != nil {
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
		rows[i] = []any{r.ID, r.Serial.Key(), printed(r.Serial), bare(r.Serial.Key()), b.ID, profiles[profile], r.Counter,
			seconds(r.NotBefore), seconds(r.NotAfter), seconds(r.Manufactured), r.Fingerprint, r.Sealed, locations[name]}
	}
	err := q.insert("token", tokenColumns, rows)
	if q.engine.IsTaken(err) { // by another import since this one looked, or twice in one file all the same
		return fault.Wrap(fault.Internal, errors.Join(intake.ErrSerialTaken, err), "storing a slice")
	}
	return err
}

var tokenColumns = []string{"id", "serial_key", "printed", "bare", "batch_id", "profile_id", "counter",
	"not_before", "not_after", "manufactured", "fingerprint", "seed", "location_id"}

// bare is what a serial is found by that is said without its dashes; nil: it has
// none.
func bare(serialKey string) any {
	if strings.IndexByte(serialKey, '-') < 0 {
		return nil
	}
	return strings.ReplaceAll(serialKey, "-", "")
}
