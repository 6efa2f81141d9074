package audit

import (
	"encoding/binary"
	"hash"

	"github.com/google/uuid"

	"fob/internal/token"
)

// CodeDetail is what an event about displayed codes carries: all that is
// needed to rebuild the token's columns from the trail.
type CodeDetail struct {
	Codes     int        `json:"codes"`
	Steps     int        `json:"steps_searched,omitempty"`
	Offset    *int64     `json:"step_offset,omitempty"`
	Watermark *int64     `json:"watermark,omitempty"`
	Drift     *float64   `json:"drift_seconds,omitempty"`
	Rate      *float64   `json:"rate_ppm,omitempty"`
	Entered   *Time      `json:"entered,omitempty"` // when the code that gave the drift was entered
	Failures  int        `json:"failures"`
	Binding   *uuid.UUID `json:"binding,omitempty"`
}

// ImportDetail is what an import's event carries. Contents commits to every
// immutable column of every token that it brought.
type ImportDetail struct {
	Number    int        `json:"number"`
	File      string     `json:"file"`
	SHA256    string     `json:"sha256"`
	Format    string     `json:"format"`
	Options   string     `json:"options,omitempty"`
	Order     string     `json:"order,omitempty"`
	Supplier  string     `json:"supplier,omitempty"`
	Expected  int        `json:"expected,omitempty"`
	Location  string     `json:"location,omitempty"`
	Received  string     `json:"received,omitempty"` // a date
	Records   int        `json:"records"`
	New       int        `json:"new"`
	Unchanged int        `json:"unchanged"`
	Refused   int        `json:"refused"`
	FirstID   int64      `json:"first_id"`
	LastID    int64      `json:"last_id"`
	Contents  string     `json:"contents"` // hex
	Replaced  []Replaced `json:"replaced,omitempty"`
}

// Replaced is a token that `import --replace` exchanged: its immutable columns
// of before, so that the past can be rebuilt.
type Replaced struct {
	Old Columns `json:"old"`
	New Columns `json:"new"`
}

// Columns are a token's immutable columns, without the seed: the fingerprint
// stands for it.
type Columns struct {
	ID           int64        `json:"id"`
	Serial       token.Serial `json:"serial"`
	Manufacturer string       `json:"manufacturer,omitempty"`
	Model        string       `json:"model,omitempty"`
	Type         token.Type   `json:"type"`
	Hash         token.Hash   `json:"hash"`
	Digits       int          `json:"digits"`
	Period       int          `json:"period"`
	T0           int64        `json:"t0"`
	Counter      int64        `json:"counter"`
	NotBefore    int64        `json:"not_before"` // Unix seconds, 0: not said
	NotAfter     int64        `json:"not_after"`
	Manufactured int64        `json:"manufactured"`
	Fingerprint  int64        `json:"fingerprint"`
}

// AddTo adds the columns to a hash, each field with its length or a fixed
// width, so that no two tokens have the same bytes. Tokens are added in the
// order of their ids, which is the order of their file.
func (c Columns) AddTo(h hash.Hash, scratch []byte) []byte {
	b := scratch[:0]
	for _, s := range []string{string(c.Serial), c.Manufacturer, c.Model, string(c.Type), string(c.Hash)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, n := range []int64{c.ID, int64(c.Digits), int64(c.Period), c.T0, c.Counter,
		c.NotBefore, c.NotAfter, c.Manufactured, c.Fingerprint} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	h.Write(b)
	return b
}

// InitDetail is what the first event of a trail carries.
type InitDetail struct {
	Recipients    []string `json:"recipients"`
	CheckpointPub string   `json:"checkpoint_pub"`
}
