package token

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// NewID makes the id of a new thing: a UUID of version 7 (RFC 9562, clause 5.7), whose
// first 48 bits are the milliseconds of now. The library's own takes its time from the
// computer's clock, so that a history could not be played again.
func NewID(now time.Time, random io.Reader) (id uuid.UUID, err error) {
	if id, err = uuid.NewRandomFromReader(random); err != nil {
		return id, fmt.Errorf("making an id: %w", err)
	}
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = 7<<4 | id[6]&0x0f
	return id, nil
}
