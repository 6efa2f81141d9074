package store

import "github.com/google/uuid"

// NoteCondition keeps in which condition a token came back at the end of a binding.
func (q *queries) NoteCondition(binding uuid.UUID, condition string) error {
	return q.exec(`UPDATE binding SET condition = $1 WHERE uuid = $2`, condition, binding.String())
}

// PlaceToken keeps where a token is from now on.
func (q *queries) PlaceToken(tokenID int64, location string) error {
	id, err := q.locationID(location)
	if err != nil {
		return err
	}
	return q.exec(`UPDATE token SET location_id = $1 WHERE id = $2`, id, tokenID)
}
