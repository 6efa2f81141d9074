package store

import "github.com/google/uuid"

// NoteCondition keeps in which condition a token came back at the end of a binding.
func (q *queries) NoteCondition(binding uuid.UUID, condition string) error {
	return q.exec(`UPDATE binding SET condition = $1 WHERE uuid = $2`, condition, binding.String())
}
